import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { logger } from '../invocation/log.ts'
import type { Fields, OwnRoutes, Resource } from '../model/declaration.ts'
import { anyResource } from '../model/resource.ts'
import { fromAttributeValues } from '../store/attribute-values.ts'
import { asDeclared } from '../store/declared.ts'
import type { Item } from '../store/items.ts'

/** What happened to one item. */
export interface Change<Declared extends Fields = Fields> {
  /** The same when the change is delivered again: what was done for it need not be done twice. */
  readonly id: string
  /** As it was; undefined for a new item. */
  readonly before: Item<Declared> | undefined
  /** As it became; undefined for a deleted one. */
  readonly after: Item<Declared> | undefined
}

type Images = Parameters<typeof fromAttributeValues>[0]

/**
 * The Lambda that is told of each change of a resource's items: at least once, and those of one
 * item in order. A change that fails is delivered again, with all after it, for a day; then it goes
 * to the dead-letter queue, which raises an alarm.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function onChange<Declared extends Fields, ReadOnly extends Fields, Own extends OwnRoutes>(
  resource: Resource<Declared, ReadOnly, Own>,
  handle: (change: Change<Declared & ReadOnly>) => Promise<void> | void,
): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  return async ({ Records }) => {
    for (const record of Records) {
      try {
        const change = changeOf<Declared & ReadOnly>(anyResource(resource), record)
        if (change) await handle(change)
      } catch (error) {
        const { eventID: id, dynamodb: { Keys: keys } = {} } = record
        logger().error('a change was not handled', { id, keys, error: error as Error })
        return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] }
      }
    }
    return { batchItemFailures: [] }
  }
}

/**
 * Undefined for the records beside the items, whose keys begin with `~`, and for an item that was
 * re-indexed: that changes nothing a client sees.
 */
function changeOf<Declared extends Fields>(
  resource: Resource,
  { eventID = '', dynamodb }: DynamoDBRecord,
): Change<Declared> | undefined {
  if (dynamodb?.Keys?.[resource.key]?.S?.startsWith('~')) return undefined
  const stored = (image: unknown) =>
    image === undefined ? undefined : (fromAttributeValues(image as Images) as Item)
  const [before, after] = [stored(dynamodb?.OldImage), stored(dynamodb?.NewImage)]
  if (before && before._rev === after?._rev) return undefined
  const declared = (item: Item | undefined) =>
    item && (asDeclared(resource, item) as Item<Declared>)
  return { id: eventID, before: declared(before), after: declared(after) }
}
