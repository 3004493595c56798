import { tableName } from '../config/environment.ts'
import type { Fields, Resource, Values } from '../model/declaration.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { get, ifCondition, retryOnConflict, type Step, transact, update } from './dynamodb.ts'
import { allOf, type Condition, equal, exists, missing, oneOf, updateOf } from './expressions.ts'
import {
  comparable,
  filterAttributes,
  guardKey,
  keyNames,
  keyOf,
  listAttributes,
  newRevision,
} from './layout.ts'

/** An item as it is stored: its public fields and the store's own, which begin with `_`. */
export type Item<Declared extends Fields = Fields> = Attributes &
  Values<Declared> & {
    readonly createdAt: string
    readonly updatedAt: string
    readonly _rev: string
  }

type TakenFailure = `${string}_taken`

/** The revisions that an If-Match header names; undefined when the write applies to any. */
export type Revisions = readonly string[] | undefined

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
  ifMatch?: Revisions,
): Promise<Item<Declared>> {
  const item = await readItem(resource, key)
  if (!item) throw new Problem('not_found')
  if (ifMatch && !ifMatch.includes(item._rev)) throw new Problem('precondition_failed')
  return item
}

/** The item as a create stores it; `seq` is the UUIDv7 that gives its place in lists. */
export function newItem<Declared extends Fields>(
  resource: Resource<Declared>,
  fields: Attributes,
  seq: string,
): Item<Declared> {
  const item: Attributes = {
    ...fields,
    ...listAttributes(resource, seq),
    ...filterAttributes(resource, fields),
    _rev: newRevision(),
  }
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
 * Sets and removes fields of an item; guards of unique values move in the same transaction.
 * @param changes new values by field; undefined removes the field
 * @throws Problem not_found, precondition_failed or `<field>_taken`
 */
export async function updateItem(
  resource: Resource,
  key: Attributes,
  changes: Attributes,
  ifMatch: Revisions,
): Promise<Item> {
  const unique = resource.unique.filter((field) => field in changes)
  return retryOnConflict(async () => {
    const current = unique.length > 0 ? await readMatching(resource, key, ifMatch) : undefined
    const moved = current
      ? unique.filter((field) => !same(resource, field, current[field], changes[field]))
      : []
    if (current && moved.length > 0) return moveItem(resource, current, changes, moved)
    const settled = unique.map((field) => equal(field, current?.[field]))
    const conditions = [...matching(resource, ifMatch), ...settled]
    const revision = newRevision()
    const written = await ifCondition(
      update({
        ...change(resource, key, changes, revision, conditions),
        ReturnValues: 'ALL_NEW',
      }),
    )
    if (written) return written.Attributes as Item
    // The SDK repeats a write whose answer was lost, and then the first one has made it stale.
    const found = await readMatching(resource, key, ifMatch && [...ifMatch, revision])
    return found._rev === revision ? found : undefined
  })
}

/**
 * Deletes an item and releases its unique values.
 * @throws Problem not_found or precondition_failed
 */
export async function deleteItem(
  resource: Resource,
  key: Attributes,
  ifMatch: Revisions,
): Promise<void> {
  await retryOnConflict(async () => {
    const guarded = resource.unique.length > 0
    const current = guarded ? await readMatching(resource, key, ifMatch) : undefined
    const conditions = current ? [equal('_rev', current._rev)] : matching(resource, ifMatch)
    const item = { TableName: tableName(resource.name), Key: key, ...allOf(conditions) }
    // A transaction even for one item: repeated after a lost answer, it is answered the same.
    const failure = await transact([
      { write: { Delete: item }, failure: 'stale' },
      ...(current ? releaseUnique(resource, resource.unique, current) : []),
    ])
    if (failure === undefined) return true
    await readMatching(resource, key, ifMatch)
    return undefined
  })
}

/** Changes unique values: the item, the old guards and the new ones in one transaction. */
async function moveItem(
  resource: Resource,
  current: Item,
  changes: Attributes,
  moved: readonly string[],
): Promise<Item | undefined> {
  const key = keyOf(resource, current)
  const revision = newRevision()
  const unchanged = [equal('_rev', current._rev)]
  const failure = await transact<TakenFailure | 'stale'>([
    {
      write: { Update: change(resource, key, changes, revision, unchanged) },
      failure: 'stale',
    },
    ...reserveUnique(resource, moved, { ...key, ...changes }),
    ...releaseUnique(resource, moved, current),
  ])
  if (failure === 'stale') return undefined
  if (failure) throw new Problem(failure)
  return { ...current, ...changes, _rev: revision }
}

function matching(resource: Resource, ifMatch: Revisions): Condition[] {
  const present = exists(keyNames(resource).partition)
  return ifMatch ? [present, oneOf('_rev', ifMatch)] : [present]
}

function change(
  resource: Resource,
  key: Attributes,
  changes: Attributes,
  revision: string,
  conditions: readonly Condition[],
) {
  return {
    TableName: tableName(resource.name),
    Key: key,
    ...updateOf(
      { ...changes, ...filterAttributes(resource, { ...key, ...changes }), _rev: revision },
      conditions,
    ),
  }
}

function same(resource: Resource, field: string, left: unknown, right: unknown): boolean {
  return comparable(resource, field, left) === comparable(resource, field, right)
}

/** The writes that take the item's unique values, each of which fails where another item has it. */
function reserveUnique(
  resource: Resource,
  fields: readonly string[],
  item: Attributes,
): Step<TakenFailure>[] {
  return uniqueKeys(resource, fields, item).map(([field, key]) => ({
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: key,
        ...missing(keyNames(resource).partition),
      },
    },
    failure: `${field}_taken`,
  }))
}

function releaseUnique(resource: Resource, fields: readonly string[], item: Attributes): Step[] {
  return uniqueKeys(resource, fields, item).map(([, key]) => ({
    write: { Delete: { TableName: tableName(resource.name), Key: key } },
  }))
}

function uniqueKeys(resource: Resource, fields: readonly string[], item: Attributes) {
  return fields
    .filter((field) => item[field] !== undefined)
    .map((field) => [field, guardKey(resource, field, item)] as const)
}
