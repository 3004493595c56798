import { Agent, request } from 'node:http'

/** One unsigned request of one item: what no client can be below. */
const agent = new Agent({ keepAlive: true })
const Key = { id: { S: '0199aaaa-0000-7000-8000-000000000000' } }
const headers = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.GetItem',
}

export function handler() {
  const body = JSON.stringify({ TableName: 'students', Key, ConsistentRead: true })
  return new Promise((resolve, reject) => {
    const url = process.env.AWS_ENDPOINT_URL_DYNAMODB
    const outgoing = request(url, { agent, method: 'POST', headers }, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
