import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import { sortFields } from '../model/indexes.ts'
import type { ListPlan } from '../model/list-plan.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { get, ifCondition, put, query, type Step } from './dynamodb.ts'
import { allOf, equal } from './expressions.ts'
import { newRevision, recordKey } from './layout.ts'
import { listQueries } from './list-queries.ts'
import { sequences } from './order-keys.ts'
import { isMadeSince, listPart, part, partsOf, versionOf } from './versions.ts'

/**
 * An answer is never wrong because a declaration changed: a record in each table says which parts
 * all its items have. A list that needs a part which some items may lack is refused until `reindex`
 * has been through them. Code that does not give its items a part takes it out of the record before
 * its first write: a part that is declared again later is re-indexed again.
 */
export interface Completeness {
  readonly parts: readonly string[]
  /** Made with the first write: nothing is known of items that were there before. */
  readonly since?: 'first write' | undefined
  /** A re-indexing, with its declaration's version: it fails where this has gone meanwhile. */
  readonly begun?: string | undefined
}

/** Undefined where no code that knows of this record has written yet. */
export async function readCompleteness(resource: Resource): Promise<Completeness | undefined> {
  const { Item } = await get({
    TableName: tableName(resource.name),
    Key: recordKey(resource, 'version'),
    ConsistentRead: true,
  })
  return Item as Completeness | undefined
}

/** Before the items are looked at. @returns what `endWalk` is to be given */
export async function beginWalk(resource: Resource): Promise<string> {
  const walk = newRevision()
  for (;;) {
    const found = await readCompleteness(resource)
    const begun = walkOf(resource, walk)
    if (await ifCondition(put(withdrawal(resource, partsOf(resource), found, begun)))) return walk
  }
}

/**
 * Records what all items have, now that all have been looked at.
 * @returns false where something that lacks a part may have been written since the walk began
 */
export async function endWalk(
  resource: Resource,
  walk: string,
  parts: readonly string[],
): Promise<boolean> {
  const unchanged = allOf([equal('begun', walkOf(resource, walk))])
  return (await ifCondition(put({ ...record(resource, { parts }), ...unchanged }))) !== undefined
}

function walkOf(resource: Resource, walk: string): string {
  return `${versionOf(resource)} ${walk}`
}

function record(resource: Resource, { parts, since, begun }: Completeness) {
  const Item = { ...recordKey(resource, 'version'), parts, since, begun }
  return { TableName: tableName(resource.name), Item }
}

const prepared = new WeakMap<Resource, Promise<void>>()

/** Before the first write of an instance. */
export function beforeWriting(resource: Resource): Promise<void> {
  const begun = prepared.get(resource)
  if (begun) return begun
  const preparing = withdrawParts(resource)
  prepared.set(resource, preparing)
  preparing.catch(() => prepared.delete(resource))
  return preparing
}

/** Takes the parts out of the record that items written from now on will lack. */
async function withdrawParts(resource: Resource): Promise<void> {
  const own = partsOf(resource)
  for (;;) {
    const found = await readCompleteness(resource)
    const isOwn = found?.begun?.startsWith(walkOf(resource, '')) ?? true
    if (found && isOwn && found.parts.every((name) => own.includes(name))) return
    if (await ifCondition(put(withdrawal(resource, own, found)))) return
  }
}

/** The same for one item, in its transaction, which is stale where the record has changed. */
export async function withdrawalStep(
  resource: Resource,
  own: readonly string[],
): Promise<Step<'stale'>> {
  const Put = withdrawal(resource, own, await readCompleteness(resource))
  return { write: { Put }, failure: 'stale' }
}

/** Leaves the item's own parts in the record; the end of a walk that has begun fails by it. */
function withdrawal(
  resource: Resource,
  own: readonly string[],
  found: Completeness | undefined,
  begun?: string,
) {
  const parts = found ? found.parts.filter((name) => own.includes(name)) : own
  const since = found ? found.since : 'first write'
  const unchanged = allOf([equal('parts', found?.parts), equal('begun', found?.begun)])
  return { ...record(resource, { parts, since, begun }), ...unchanged }
}

interface Known extends Completeness {
  readonly readAt: number
}

/** The record is read once a minute: code of another version, or an import, may change it. */
const patience = 60_000
const known = new WeakMap<Resource, Known>()

async function knownOf(resource: Resource): Promise<Completeness> {
  const entry = known.get(resource)
  if (entry && Date.now() - entry.readAt <= patience) return entry
  const found = await readCompleteness(resource)
  const now = found ?? { parts: partsOf(resource), since: 'first write' }
  known.set(resource, { ...now, readAt: Date.now() })
  return now
}

/** @throws Problem index_building where the list needs what some items may not have yet */
export async function requireComplete(
  resource: Resource,
  parent: Attributes,
  plan: ListPlan,
): Promise<void> {
  const needed = neededBy(resource, plan)
  if (needed.length === 0) return
  const { parts, since } = await knownOf(resource)
  const isThere = needed.every((name) => parts.includes(name))
  if (!isThere || (since && !(await areAllNew(resource, parent))))
    throw new Problem('index_building')
}

function neededBy(resource: Resource, { index, lookup, exact }: ListPlan): string[] {
  if (lookup !== undefined)
    return resource.unique.includes(lookup) ? [part(resource, 'unique', lookup)] : []
  const sorted = sortFields(resource)
  const asked = Object.keys(exact).map((field) =>
    part(resource, sorted.includes(field) && field !== index?.by ? 'sort' : 'by', field),
  )
  return [
    ...(index?.by === undefined && !resource.parent ? [listPart(resource)] : []),
    ...(index?.sort === undefined ? [] : [part(resource, 'sort', index.sort)]),
    ...asked,
  ]
}

/** Resources whose items are all new: they stay so. */
const allNew = new WeakSet<Resource>()

/** Whether all items, or all of a parent, were made since there is a record: then the oldest was. */
async function areAllNew(resource: Resource, parent: Attributes): Promise<boolean> {
  if (allNew.has(resource)) return true
  const plan: ListPlan = { exact: {}, range: {}, descending: false }
  const inputs = listQueries(resource, parent, plan, sequences)
  const oldest = await Promise.all(inputs.map((input) => query({ ...input, Limit: 1 })))
  const isNew = oldest.every(({ Items = [] }) => Items.every(isMadeSince))
  if (isNew && !resource.parent) allNew.add(resource)
  return isNew
}

/** Whether an imported item may be marked as new: that would be false beside some that are not. */
export async function mayBeNew(resource: Resource, parent: Attributes): Promise<boolean> {
  await beforeWriting(resource)
  const { since } = await knownOf(resource)
  return !since || areAllNew(resource, parent)
}
