import { tableName } from '../config/environment.ts'
import type { Fields, Resource } from '../model/declaration.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes, Item } from './attributes.ts'
import { beforeWriting } from './completeness.ts'
import { asDeclared, refuseNewer } from './declared.ts'
import { get, ifCondition, put, retryOnConflict, type Step, transact } from './dynamodb.ts'
import { allOf, type Condition, equal, exists, missing } from './expressions.ts'
import { marksOf, reserveUnique, type TakenFailure, wantedGuards, writeGuarded } from './guards.ts'
import {
  heldGuards,
  indexAttributes,
  itemVersion,
  keyNames,
  keyOf,
  listAttributes,
  newRevision,
  shardOf,
} from './layout.ts'
import { versionMark, versionOf, writtenVersion } from './versions.ts'

export type { Item } from './attributes.ts'

/** Whether a request applies to an item of this revision; undefined when it applies to any. */
export type Precondition = ((revision: string) => boolean) | undefined

/** Reads one item as it is stored, strongly consistent. */
export async function readStored<Declared extends Fields>(
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

/** Reads one item as it is declared. @throws Problem unavailable for one that cannot be shown */
export async function readItem<Declared extends Fields>(
  resource: Resource<Declared>,
  key: Attributes,
): Promise<Item<Declared> | undefined> {
  const stored = await readStored(resource, key)
  return stored && asDeclared(resource, stored)
}

/**
 * Reads one item, which must be there and be as the client saw it.
 * @throws Problem not_found, precondition_failed, or unavailable for one that cannot be shown
 */
export async function readMatching<Declared extends Fields>(
  resource: Resource<Declared>,
  key: Attributes,
  precondition?: Precondition,
): Promise<Item<Declared>> {
  return asDeclared(resource, await readStoredMatching(resource, key, precondition))
}

async function readStoredMatching<Declared extends Fields>(
  resource: Resource<Declared>,
  key: Attributes,
  precondition: Precondition,
): Promise<Item<Declared>> {
  const item = await readStored(resource, key)
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
  const marks = marksOf(wantedGuards(resource, fields))
  const own = { [itemVersion]: versionOf(resource), ...(marks && { [heldGuards]: marks }) }
  const listed: Attributes = { ...fields, ...listAttributes(resource, seq), ...own }
  const item: Attributes = { ...listed, ...indexAttributes(resource, listed), _rev: newRevision() }
  return item as Item<Declared>
}

/**
 * Writes a new item, its guards and whatever else must happen with it: all or nothing.
 * @returns the failed step's `failure`; `<field>_taken` where a key or a unique value is taken
 */
export async function createItem<Failure extends string = never>(
  resource: Resource,
  item: Item,
  also: readonly Step<Failure>[] = [],
): Promise<Failure | TakenFailure | undefined> {
  await beforeWriting(resource)
  return insertItem(resource, item, also)
}

/**
 * The same after `beforeWriting`, which a resource whose declaration no product changes does without.
 */
export async function insertItem<Failure extends string = never>(
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
  return transact<Failure | TakenFailure>([...also, put, ...reserveUnique(resource, item)])
}

/**
 * Changes an item under the revision that was read, so that no change is lost; guards of unique
 * values move in the same transaction.
 * @param change the new values by field, where undefined removes a field; returns undefined to
 *   change nothing
 * @throws Problem not_found, precondition_failed or `<field>_taken`; unavailable for an item that
 *   newer code has written
 */
export async function updateItem(
  resource: Resource,
  key: Attributes,
  change: (current: Item) => Promise<Attributes | undefined> | Attributes | undefined,
  precondition: Precondition,
): Promise<Item> {
  await beforeWriting(resource)
  return retryOnConflict(async () => {
    const stored = await readStoredMatching(resource, key, precondition)
    refuseNewer(resource, stored)
    const current = asDeclared(resource, stored)
    const changes = await change(current)
    if (!changes) return current
    const fields = { ...current, ...changes, ...key }
    const indexed = { ...indexAttributes(resource, fields), ...shardOf(resource, current) }
    const own = { [itemVersion]: writtenVersion(resource, stored), _rev: newRevision() }
    return replaceItem(resource, stored, current, { ...fields, ...indexed, ...own })
  })
}

/**
 * Deletes an item and releases its unique values.
 * @throws Problem not_found or precondition_failed; unavailable for an item that newer code has
 *   written
 */
export async function deleteItem(
  resource: Resource,
  key: Attributes,
  precondition: Precondition,
): Promise<void> {
  await beforeWriting(resource)
  let reading = resource.unique.length > 0 || precondition !== undefined
  await retryOnConflict(async () => {
    const stored = reading ? await readStoredMatching(resource, key, precondition) : undefined
    if (stored) refuseNewer(resource, stored)
    const conditions = stored ? unchanged(stored) : plainly(resource)
    const item = { TableName: tableName(resource.name), Key: key, ...allOf(conditions) }
    // A transaction even for one item: repeated after a lost answer, it is answered the same.
    const remove: Step<'stale'> = { write: { Delete: item }, failure: 'stale' }
    const before = stored ?? { [heldGuards]: [] }
    const deletion = { before, current: before, after: undefined, write: () => remove }
    const { failure } = await writeGuarded(resource, deletion, (step) => transact([step]))
    if (failure === undefined) return true
    reading = true
    return undefined
  })
}

/** An item to be deleted unread must be there, have no guards, and not be written by newer code. */
function plainly(resource: Resource): Condition[] {
  const next = versionMark(resource.upgrade.length + 1, '')
  return [
    exists(keyNames(resource).partition),
    equal(heldGuards, undefined),
    { attribute: itemVersion, values: [next], text: (name, [bound]) => `NOT ${name} >= ${bound}` },
  ]
}

/** Puts the item in its own place; undefined when somebody else's write came first. */
async function replaceItem(
  resource: Resource,
  stored: Item,
  current: Item,
  changed: Item,
): Promise<Item | undefined> {
  let written = changed
  const write = (marks: readonly string[] | undefined): Step<'stale'> => {
    written = { ...changed, [heldGuards]: marks }
    const Put = {
      TableName: tableName(resource.name),
      Item: written,
      ...allOf(unchanged(stored)),
    }
    return { write: { Put }, failure: 'stale' }
  }
  const alone = async (step: Step<'stale'>) => {
    const { Put } = step.write
    if (Put && (await ifCondition(put(Put)))) return undefined
    // The SDK repeats a write whose answer was lost, and then the first one has made it stale.
    const found = await readStored(resource, keyOf(resource, stored))
    return found?._rev === changed._rev ? undefined : 'stale'
  }
  const change = { before: stored, current, after: changed, write }
  const { failure } = await writeGuarded(resource, change, alone)
  if (failure === 'stale') return undefined
  if (failure) throw new Problem(failure)
  return written
}

/** The item was neither written meanwhile nor re-indexed, which keeps the revision. */
export function unchanged(stored: Item): Condition[] {
  return ['_rev', itemVersion, heldGuards].map((name) => equal(name, stored[name]))
}
