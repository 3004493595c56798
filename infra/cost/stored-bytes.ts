import type { TableModel } from '../local/model.ts'
import type { Runner } from '../local/runner.ts'

type StoredItem = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What DynamoDB keeps beside each item of a table or an index, bytes. */
const overhead = 100

/**
 * What a table takes with its indexes, all of which hold the whole of an item that has their keys.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export async function storedBytes(runner: Runner, table: TableModel): Promise<number> {
  let bytes = 0
  let ExclusiveStartKey: unknown
  do {
    const page = await scan(runner, { TableName: table.name, ExclusiveStartKey })
    ExclusiveStartKey = page.LastEvaluatedKey
    for (const item of page.Items) bytes += copies(item, table) * itemBytes(item)
  } while (ExclusiveStartKey !== undefined)
  return bytes
}

function copies(item: StoredItem, { globalIndexes }: TableModel): number {
  const holding = globalIndexes.filter(({ KeySchema }) =>
    KeySchema.every(({ AttributeName }) => AttributeName in item),
  )
  return 1 + holding.length
}

function itemBytes(item: StoredItem): number {
  const attributes = Object.entries(item).map(
    ([name, value]) => Buffer.byteLength(name) + valueBytes(value),
  )
  return attributes.reduce((sum, size) => sum + size, overhead)
}

function valueBytes({ S, N }: StoredItem[string]): number {
  if (S !== undefined) return Buffer.byteLength(String(S))
  return N === undefined ? 1 : Math.ceil(String(N).length / 2) + 1
}

async function scan(runner: Runner, request: object) {
  const answer = await fetch(runner.dynamodbEndpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': 'DynamoDB_20120810.Scan',
      'X-Amz-Date': '20260101T000000Z',
      Authorization:
        'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: JSON.stringify(request),
  })
  return (await answer.json()) as { Items: StoredItem[]; LastEvaluatedKey?: unknown }
}
