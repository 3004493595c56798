import { tableName } from '../config/environment.ts'
import type { Fields, Resource, Values } from '../model/declaration.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { get, ifCondition, retryOnConflict, type Step, transact, put as write } from './dynamodb.ts'
import { allOf, type Condition, equal, exists, missing } from './expressions.ts'
import { movedUnique, reserveUnique, type TakenFailure, transactReleasing } from './guards.ts'
import {
  indexAttributes,
  itemVersion,
  keyNames,
  keyOf,
  listAttributes,
  newRevision,
  shardOf,
} from './layout.ts'
import { versionOf } from './versions.ts'

/** An item as it is stored: its public fields and the store's own, which begin with `_`. */
export type Item<Declared extends Fields = Fields> = Attributes &
  Values<Declared> & {
    readonly createdAt: string
    readonly updatedAt: string
    readonly _rev: string
  }

/** Whether a request applies to an item of this revision; undefined when it applies to any. */
export type Precondition = ((revision: string) => boolean) | undefined

/** Reads one item, strongly consistent. */
export async function readItem<Declared extends Fields>(
  resource: Resource<Declared>,
  key: Attributes,
): Promise<Item<Declared> | undefined> {
  const { Item } = await get({
    TableName: tableName(resource.name),
    Key: key,
    ConsistentRead: true,
  })
  return Item as Item<Declared> | undefined
}

/**
 * Reads one item that must be there, and as it was seen.
 * @throws Problem not_found or precondition_failed
 */
export async function readMatching<Declared extends Fields>(
  resource: Resource<Declared>,
  key: Attributes,
  precondition?: Precondition,
): Promise<Item<Declared>> {
  const item = await readItem(resource, key)
  if (!item) throw new Problem('not_found')
  if (precondition && !precondition(item._rev)) throw new Problem('precondition_failed')
  return item
}

/** The item as a create stores it; `seq` is the UUIDv7 that gives its place in lists. */
export function newItem<Declared extends Fields>(
  resource: Resource<Declared>,
  fields: Attributes,
  seq: string,
): Item<Declared> {
  const version = { [itemVersion]: versionOf(resource) }
  const listed: Attributes = { ...fields, ...listAttributes(resource, seq), ...version }
  const item: Attributes = { ...listed, ...indexAttributes(resource, listed), _rev: newRevision() }
  return item as Item<Declared>
}

/**
 * Writes a new item together with its guards and with what else must happen with it or not at all.
 * @returns the failed step's `failure`; `<field>_taken` where a key or a unique value is taken
 */
export async function createItem<Failure extends string = never>(
  resource: Resource,
  item: Item,
  also: readonly Step<Failure>[] = [],
): Promise<Failure | TakenFailure | undefined> {
  const put: Step<TakenFailure> = {
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: item,
        ...missing(keyNames(resource).partition),
      },
    },
    failure: `${resource.key}_taken`,
  }
  return transact<Failure | TakenFailure>([
    ...also,
    put,
    ...reserveUnique(resource, resource.unique, item),
  ])
}

/**
 * Changes an item under the revision that was read, so that no change is lost; guards of unique
 * values move in the same transaction.
 * @param change the new values by field, of which undefined removes the field; undefined where
 *   nothing changes
 * @throws Problem not_found, precondition_failed or `<field>_taken`
 */
export async function updateItem(
  resource: Resource,
  key: Attributes,
  change: (current: Item) => Promise<Attributes | undefined> | Attributes | undefined,
  precondition: Precondition,
): Promise<Item> {
  return retryOnConflict(async () => {
    const current = await readMatching(resource, key, precondition)
    const changes = await change(current)
    if (!changes) return current
    const fields = { ...current, ...changes, ...key }
    const indexed = { ...indexAttributes(resource, fields), ...shardOf(resource, current) }
    return replaceItem(resource, current, { ...fields, ...indexed, _rev: newRevision() })
  })
}

/**
 * Deletes an item and releases its unique values.
 * @throws Problem not_found or precondition_failed
 */
export async function deleteItem(
  resource: Resource,
  key: Attributes,
  precondition: Precondition,
): Promise<void> {
  await retryOnConflict(async () => {
    const reading = resource.unique.length > 0 || precondition !== undefined
    const current = reading ? await readMatching(resource, key, precondition) : undefined
    const condition = current ? unchanged(current) : exists(keyNames(resource).partition)
    const item = { TableName: tableName(resource.name), Key: key, ...allOf([condition]) }
    // A transaction even for one item: repeated after a lost answer, it is answered the same.
    const remove: Step<'stale'> = { write: { Delete: item }, failure: 'stale' }
    const failure = await transactReleasing(resource, [remove], resource.unique, current ?? {})
    if (failure === undefined) return true
    await readMatching(resource, key, precondition)
    return undefined
  })
}

/** Puts the item in its own place; undefined when somebody else's write came first. */
async function replaceItem(
  resource: Resource,
  current: Item,
  changed: Item,
): Promise<Item | undefined> {
  const moved = movedUnique(resource, current, changed)
  const put = {
    TableName: tableName(resource.name),
    Item: changed,
    ...allOf([unchanged(current)]),
  }
  if (moved.length === 0) {
    if (await ifCondition(write(put))) return changed
    // The SDK repeats a write whose answer was lost, and then the first one has made it stale.
    const found = await readItem(resource, keyOf(resource, current))
    return found?._rev === changed._rev ? changed : undefined
  }
  const steps: Step<TakenFailure | 'stale'>[] = [
    { write: { Put: put }, failure: 'stale' },
    ...reserveUnique(resource, moved, changed),
  ]
  const failure = await transactReleasing(resource, steps, moved, current)
  if (failure === 'stale') return undefined
  if (failure) throw new Problem(failure)
  return changed
}

function unchanged(current: Item): Condition {
  return equal('_rev', current._rev)
}
