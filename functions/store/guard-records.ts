import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'
import { get, type Step } from './dynamodb.ts'
import { allOf, type Condition, equal, exists } from './expressions.ts'
import { guardOwner, guardSharers, keyNames } from './layout.ts'

/** A guard as it was read. One that is not there has no owner and no sharers. */
export interface GuardState {
  readonly isThere: boolean
  /** The item that has the value; none where the one that had it is gone and others share it. */
  readonly owner: unknown
  /** How many items have the value beside the owner. */
  readonly sharers: number
}

type Keyed = Readonly<{ key: Attributes }>

export async function readGuard(resource: Resource, { key }: Keyed): Promise<GuardState> {
  const { Item } = await get({
    TableName: tableName(resource.name),
    Key: key,
    ConsistentRead: true,
  })
  const sharers = Number(Item?.[guardSharers] ?? 0)
  return { isThere: Item !== undefined, owner: Item?.[guardOwner], sharers }
}

/**
 * Takes a free guard without reading it. A guard from before guards named their owners is free for
 * an item that has the value already.
 */
export function reserveStep<Failure extends string>(
  resource: Resource,
  { key }: Keyed,
  { owner, had = false }: { owner: unknown; had?: boolean },
  failure: Failure,
): Step<Failure> {
  const free = 'attribute_not_exists(#partition) OR #owner = :owner'
  return {
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: { ...key, [guardOwner]: owner },
        ConditionExpression: had
          ? `(${free} OR attribute_not_exists(#owner)) AND attribute_not_exists(#sharers)`
          : free,
        ExpressionAttributeNames: {
          '#partition': keyNames(resource).partition,
          '#owner': guardOwner,
          ...(had && { '#sharers': guardSharers }),
        },
        ExpressionAttributeValues: { ':owner': owner },
      },
    },
    failure,
  }
}

/** Releases a guard that the item alone has, without reading it. */
export function releaseStep<Failure extends string>(
  resource: Resource,
  { key }: Keyed,
  owner: unknown,
  failure: Failure,
): Step<Failure> {
  const condition = allOf([ownedBy(owner), equal(guardSharers, undefined)])
  return {
    write: { Delete: { TableName: tableName(resource.name), Key: key, ...condition } },
    failure,
  }
}

/** Changes a guard from what was read to something else; deletes it where nobody is left. */
export function changeStep(
  resource: Resource,
  { key }: Keyed,
  from: GuardState,
  to: { readonly owner: unknown; readonly sharers: number },
): Step<'stale'> {
  const { partition } = keyNames(resource)
  const condition = allOf([
    from.isThere ? exists(partition) : equal(partition, undefined),
    equal(guardOwner, from.owner),
    equal(guardSharers, from.sharers > 0 ? from.sharers : undefined),
  ])
  const TableName = tableName(resource.name)
  if (to.owner === undefined && to.sharers < 1)
    return { write: { Delete: { TableName, Key: key, ...condition } }, failure: 'stale' }
  const sharers = to.sharers < 1 ? undefined : to.sharers
  const Item = { ...key, [guardOwner]: to.owner, [guardSharers]: sharers }
  return { write: { Put: { TableName, Item, ...condition } }, failure: 'stale' }
}

/** Guards from before they named their owners have none. */
function ownedBy(owner: unknown): Condition {
  return {
    attribute: guardOwner,
    values: [owner],
    text: (name, [value]) => `(attribute_not_exists(${name}) OR ${name} = ${value})`,
  }
}
