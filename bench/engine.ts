/** Calls a database engine directly. The engine requires a signature, but does not check it. */
export async function callEngine(endpoint: string, operation: string, body: object): Promise<void> {
  const scope = '20261122/us-east-1/dynamodb/aws4_request'
  const signed = 'content-type;host;x-amz-date;x-amz-target'
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-date': '20261122T000000Z',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=bench/${scope}, SignedHeaders=${signed}, Signature=${'0'.repeat(64)}`,
    },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${operation}: ${text}`)
}
