import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'
import { type Step, transact } from './dynamodb.ts'
import { allOf, type Condition } from './expressions.ts'
import { comparable, guardKey, guardOwner, keyNames } from './layout.ts'

/**
 * Guards of unique values: DynamoDB has no unique index, so each value that an item has is reserved
 * by a record of its own, in the item's transaction. A guard names its owner, and only its owner
 * releases it.
 *
 * @see https://aws.amazon.com/blogs/database/simulating-amazon-dynamodb-unique-constraints-using-transactions/
 */
export type TakenFailure = `${string}_taken`

/** The writes that take the item's unique values, each of which fails where another item has it. */
export function reserveUnique(
  resource: Resource,
  fields: readonly string[],
  item: Attributes,
): Step<TakenFailure>[] {
  const owner = item[resource.key]
  return guarded(fields, item).map((field) => ({
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: { ...guardKey(resource, field, item), [guardOwner]: owner },
        ConditionExpression: 'attribute_not_exists(#partition) OR #owner = :owner',
        ExpressionAttributeNames: {
          '#partition': keyNames(resource).partition,
          '#owner': guardOwner,
        },
        ExpressionAttributeValues: { ':owner': owner },
      },
    },
    failure: `${field}_taken`,
  }))
}

/**
 * Writes the steps and releases the item's unique values. Guards of another item stay: an item that
 * is older than the rule may have a value that another one holds.
 */
export async function transactReleasing<Failure extends string>(
  resource: Resource,
  steps: readonly Step<Failure>[],
  fields: readonly string[],
  item: Attributes,
): Promise<Failure | undefined> {
  const releases = guarded(fields, item).map((field) => releaseStep(resource, field, item))
  const failure = await transact<Failure | NotOwner>([...steps, ...releases])
  const others = fields.find((field) => failure === notOwner(field))
  if (others === undefined) return failure as Failure | undefined
  const rest = fields.filter((field) => field !== others)
  return transactReleasing(resource, steps, rest, item)
}

/** Those of the unique fields whose value differs between two states of an item. */
export function movedUnique(resource: Resource, before: Attributes, after: Attributes): string[] {
  return resource.unique.filter(
    (field) =>
      comparable(resource, field, before[field]) !== comparable(resource, field, after[field]),
  )
}

type NotOwner = `${string}~not_owner`

function notOwner(field: string): NotOwner {
  return `${field}~not_owner`
}

function releaseStep(resource: Resource, field: string, item: Attributes): Step<NotOwner> {
  const key = guardKey(resource, field, item)
  const condition = allOf([ownedBy(item[resource.key])])
  return {
    write: { Delete: { TableName: tableName(resource.name), Key: key, ...condition } },
    failure: notOwner(field),
  }
}

/** Guards of before they named their owners have none. */
function ownedBy(owner: unknown): Condition {
  return {
    attribute: guardOwner,
    values: [owner],
    text: (name, [value]) => `(attribute_not_exists(${name}) OR ${name} = ${value})`,
  }
}

function guarded(fields: readonly string[], item: Attributes): string[] {
  return fields.filter((field) => item[field] !== undefined)
}
