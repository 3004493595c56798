import type { AwsCall } from '../../infra/local/aws/calls.ts'
import type { TableModel } from '../../infra/local/model.ts'

type StoredItem = Readonly<Record<string, Readonly<Record<string, unknown>>>>
interface Put {
  readonly TableName: string
  readonly Item: StoredItem
}

/** DynamoDB's overhead for each item of a table or an index, bytes. */
const overhead = 100

/**
 * The bytes that a call adds to tables and their indexes. An index holds a whole copy of each item
 * that has its keys.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function storedBytes(call: AwsCall, tables: readonly TableModel[]): number {
  const sizes = puts(call).map(({ TableName, Item }) => {
    const indexes = tables.find(({ name }) => name === TableName)?.globalIndexes ?? []
    const holding = indexes.filter(({ KeySchema }) =>
      KeySchema.every(({ AttributeName }) => AttributeName in Item),
    )
    return (1 + holding.length) * itemBytes(Item)
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

function puts({ operation, request }: AwsCall): Put[] {
  if (operation === 'PutItem') return [request as unknown as Put]
  const parts = (request.TransactItems ?? []) as { readonly Put?: Put }[]
  return parts.flatMap(({ Put }) => Put ?? [])
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
