import { tableName } from '../config/environment.ts'
import type { Attributes } from './attributes.ts'
import { batchWrite, pause, query } from './dynamodb.ts'
import { unavailable } from './failures.ts'
import { ownerIndex } from './layout.ts'

/** DynamoDB takes this many deletes at once. */
const batchSize = 25
const attempts = 8

/**
 * Deletes every item of a partition.
 * @param partition attribute and value of the partition key
 * @param sort name of the sort key
 * @returns how many there were
 */
export async function deletePartition(
  table: string,
  partition: Attributes,
  sort: string,
): Promise<number> {
  let count = 0
  for (;;) {
    const keys = await readKeys(table, partition, sort)
    if (keys.length === 0) return count
    await deleteAll(table, keys)
    count += keys.length
  }
}

/** Deletes the items that an index lists, which may still list them for a moment. */
export async function deleteIndexed(
  table: string,
  partition: Attributes,
  key: string,
): Promise<number> {
  const gone = new Set<unknown>()
  for (;;) {
    const found = await readKeys(table, partition, key, ownerIndex)
    const keys = found.map((item) => ({ [key]: item[key] }))
    if (keys.length === 0) return gone.size
    await deleteAll(table, keys)
    for (const each of keys) gone.add(each[key])
  }
}

async function readKeys(
  table: string,
  partition: Attributes,
  sort: string,
  index?: string,
): Promise<Attributes[]> {
  const [[name = '', value] = []] = Object.entries(partition)
  const { Items = [] } = await query({
    TableName: tableName(table),
    KeyConditionExpression: '#partition = :value',
    ProjectionExpression: '#partition, #sort',
    ExpressionAttributeNames: { '#partition': name, '#sort': sort },
    ExpressionAttributeValues: { ':value': value },
    ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
    Limit: batchSize,
  })
  return Items
}

/** A batch may be done in part; the rest is tried again, later each time. */
async function deleteAll(table: string, keys: readonly Attributes[]): Promise<void> {
  const physical = tableName(table)
  let left = keys.map((Key) => ({ DeleteRequest: { Key } }))
  for (let attempt = 1; left.length > 0; attempt++) {
    if (attempt > attempts) throw unavailable(new Error('DynamoDB left deletes undone'))
    if (attempt > 1) await pause(attempt)
    const { UnprocessedItems } = await batchWrite({ RequestItems: { [physical]: left } })
    left = (UnprocessedItems?.[physical] ?? []) as typeof left
  }
}
