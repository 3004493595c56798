import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { tableName } from '../config/environment.ts'
import { Problem } from '../model/problems.ts'
import type { Resource } from '../model/resource.ts'
import { type Attributes, ifCondition, type Step, send, transact } from './dynamodb.ts'
import { allOf, type Condition, equal, exists, missing, oneOf, update } from './expressions.ts'
import { unavailable } from './failures.ts'
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
export type Item = Attributes & { _rev: string }

/** The revisions that an If-Match header names; undefined when the write applies to any. */
export type Revisions = readonly string[] | undefined

/** Reads one item, strongly consistent. */
export async function readItem(resource: Resource, key: Attributes): Promise<Item | undefined> {
  const command = new GetCommand({
    TableName: tableName(resource.name),
    Key: key,
    ConsistentRead: true,
  })
  return (await send(command)).Item as Item | undefined
}

/**
 * Reads one item that must be there, and as it was seen.
 * @throws Problem not_found or precondition_failed
 */
export async function readMatching(
  resource: Resource,
  key: Attributes,
  ifMatch?: Revisions,
): Promise<Item> {
  const item = await readItem(resource, key)
  if (!item) throw new Problem('not_found')
  if (ifMatch && !ifMatch.includes(item._rev)) throw new Problem('precondition_failed')
  return item
}

/** The item as a create stores it; `seq` is the UUIDv7 that gives its place in lists. */
export function newItem(resource: Resource, fields: Attributes, seq: string): Item {
  return {
    ...fields,
    ...listAttributes(resource, seq),
    ...filterAttributes(resource, fields),
    _rev: newRevision(),
  }
}

/**
 * Writes a new item together with its guards and with what else must happen with it or not at all.
 * @returns the failed step's `otherwise`; `<field>_taken` where a key or a unique value is taken
 */
export async function createItem<Outcome>(
  resource: Resource,
  item: Item,
  also: readonly Step<Outcome | Problem>[] = [],
): Promise<Outcome | Problem | undefined> {
  const put = {
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: item,
        ...missing(keyNames(resource).partition),
      },
    },
    otherwise: new Problem(`${resource.key}_taken`),
  }
  return transact<Outcome | Problem>([...also, put, ...claims(resource, resource.unique, item)])
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
  return untilSettled(async () => {
    const current = unique.length > 0 ? await readMatching(resource, key, ifMatch) : undefined
    const moved = current
      ? unique.filter((field) => !same(resource, field, current[field], changes[field]))
      : []
    if (current && moved.length > 0) return moveItem(resource, current, changes, moved)
    const settled = unique.map((field) => equal(field, current?.[field]))
    const conditions = [...matching(resource, ifMatch), ...settled]
    const revision = newRevision()
    const command = new UpdateCommand({
      ...change(resource, key, changes, revision, conditions),
      ReturnValues: 'ALL_NEW',
    })
    const written = await ifCondition(send(command))
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
  await untilSettled(async () => {
    const guarded = resource.unique.length > 0
    const current = guarded ? await readMatching(resource, key, ifMatch) : undefined
    const conditions = current ? [equal('_rev', current._rev)] : matching(resource, ifMatch)
    const item = { TableName: tableName(resource.name), Key: key, ...allOf(conditions) }
    // A transaction even for one item: repeated after a lost answer, it is answered the same.
    const outcome = await transact<Problem | 'stale'>([
      { write: { Delete: item }, otherwise: 'stale' },
      ...(current ? releases(resource, resource.unique, current) : []),
    ])
    if (outcome === undefined) return true
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
  const outcome = await transact<Problem | 'stale'>([
    {
      write: { Update: change(resource, key, changes, revision, unchanged) },
      otherwise: 'stale',
    },
    ...claims(resource, moved, { ...key, ...changes }),
    ...releases(resource, moved, current),
  ])
  if (outcome === 'stale') return undefined
  if (outcome) throw outcome
  return { ...current, ...changes, _rev: revision }
}

/**
 * Repeats an attempt that somebody else's write overtook. Each round somebody got ahead, so that
 * many rounds mean many writers of one item.
 */
export async function untilSettled<Result>(
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let round = 0; round < 20; round++) {
    const result = await attempt()
    if (result !== undefined) return result
  }
  throw unavailable(new Error('An item was overwritten 20 times during one update'))
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
    ...update(
      { ...changes, ...filterAttributes(resource, { ...key, ...changes }), _rev: revision },
      conditions,
    ),
  }
}

function same(resource: Resource, field: string, left: unknown, right: unknown): boolean {
  return comparable(resource, field, left) === comparable(resource, field, right)
}

function claims(resource: Resource, fields: readonly string[], item: Attributes): Step<Problem>[] {
  return guards(resource, fields, item).map(([field, key]) => ({
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: key,
        ...missing(keyNames(resource).partition),
      },
    },
    otherwise: new Problem(`${field}_taken`),
  }))
}

function releases(resource: Resource, fields: readonly string[], item: Attributes) {
  return guards(resource, fields, item).map(([field, key]) => ({
    write: { Delete: { TableName: tableName(resource.name), Key: key } },
    otherwise: new Problem(`${field}_taken`),
  }))
}

function guards(resource: Resource, fields: readonly string[], item: Attributes) {
  return fields
    .filter((field) => item[field] !== undefined)
    .map((field) => [field, guardKey(resource, field, item)] as const)
}
