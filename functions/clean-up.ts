import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { tableId } from './config/environment.ts'
import { logger } from './invocation/log.ts'
import { type Belonging, belongings } from './routes/access.static.ts'
import { deleteIndexed, deletePartition } from './store/partitions.ts'

/**
 * Deletes what lay under a deleted item or belonged to it; the streams of those tables report the
 * deletions. A record that fails is named, so that Lambda delivers it and those after it again;
 * deleting what is gone already does nothing.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const record of event.Records) {
    try {
      for (const { belonging, id } of left(record)) await cleanUp(belonging, id)
    } catch (error) {
      logger().error('clean-up failed', { keys: record.dynamodb?.Keys, error: error as Error })
      return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] }
    }
  }
  return { batchItemFailures: [] }
}

/**
 * What belonged to the deleted item, by its resource; none where a bookkeeping record (`~…`) went.
 */
function left({ eventName, eventSourceARN = '', dynamodb }: DynamoDBRecord) {
  if (eventName !== 'REMOVE') return []
  return belongings
    .filter(({ to }) => eventSourceARN.includes(tableId(to)))
    .map((belonging) => ({ belonging, id: dynamodb?.Keys?.[belonging.by]?.S ?? '~' }))
    .filter(({ id }) => !id.startsWith('~'))
}

async function cleanUp({ name, key, param, indexed }: Belonging, id: string): Promise<void> {
  const count = indexed
    ? await deleteIndexed(name, { [param]: id }, key)
    : await deletePartition(name, { [param]: id }, key)
  logger().info('cleaned up', { [param]: id, resource: name, count })
}
