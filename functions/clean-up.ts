import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { logger } from './invocation/log.ts'
import { owned } from './routes/access.static.ts'
import { deletePartition } from './store/partitions.ts'

/**
 * Deletes what belonged to users who were deleted, brought by the stream of the users' table. A
 * record that fails is named, so that Lambda brings it and those after it again; deleting what is
 * gone already does nothing.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const { eventName, dynamodb } of event.Records) {
    const userId = dynamodb?.Keys?.id?.S
    // Skip bookkeeping records (`~…`): they expire and own nothing.
    if (eventName !== 'REMOVE' || !userId || userId.startsWith('~')) continue
    try {
      await cleanUp(userId)
    } catch (error) {
      logger().error('clean-up failed', { userId, error: error as Error })
      return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber ?? '' }] }
    }
  }
  return { batchItemFailures: [] }
}

async function cleanUp(userId: string): Promise<void> {
  for (const { name, param, key } of owned) {
    const count = await deletePartition(name, { [param]: userId }, key)
    logger().info('cleaned up', { userId, resource: name, count })
  }
}
