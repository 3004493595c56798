import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import { sortFields } from '../model/indexes.ts'
import type { ListPlan } from '../model/list-plan.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { get, ifCondition, put, query } from './dynamodb.ts'
import { allOf, equal } from './expressions.ts'
import { itemVersion, recordKey } from './layout.ts'
import { listQueries } from './list-queries.ts'
import { sequences } from './order-keys.ts'
import { isWhole, listPart, part, partsOf, versionOf } from './versions.ts'

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

/** Records what all items have, now that all have been looked at. */
export async function writeParts(resource: Resource, parts: readonly string[]): Promise<void> {
  await put(record(resource, { parts }))
}

function record(resource: Resource, { parts, since }: Completeness) {
  const Item = { ...recordKey(resource, 'version'), parts, since }
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
    const parts = found ? found.parts.filter((name) => own.includes(name)) : own
    if (parts.length === found?.parts.length) return
    const entry: Completeness = found ? { ...found, parts } : { parts, since: 'first write' }
    const unchanged = allOf([equal('parts', found?.parts)])
    if (await ifCondition(put({ ...record(resource, entry), ...unchanged }))) return
  }
}

interface Known {
  readonly parts: ReadonlySet<string>
  readonly found: Completeness | undefined
  readonly readAt: number
}

/** While something is missing the record is read once a minute, and never again after. */
const patience = 60_000
const known = new WeakMap<Resource, Known>()

/** @throws Problem index_building where the list needs what some items may not have yet */
export async function requireComplete(
  resource: Resource,
  parent: Attributes,
  plan: ListPlan,
): Promise<void> {
  const needed = neededBy(resource, plan)
  const lacks = ({ parts }: Known) => needed.some((name) => !parts.has(name))
  let entry = known.get(resource)
  if (needed.length === 0 || (entry && !lacks(entry))) return
  if (!entry || Date.now() - entry.readAt > patience) {
    const found = await readCompleteness(resource)
    const parts = new Set(found?.since ? [] : found?.parts)
    entry = { parts, found, readAt: Date.now() }
    known.set(resource, entry)
  }
  if (!lacks(entry)) return
  const { found } = entry
  if (found && !found.since) throw new Problem('index_building')
  const parts = new Set(found?.parts ?? partsOf(resource))
  if (lacks({ ...entry, parts }) || !(await isNew(resource, parent, found)))
    throw new Problem('index_building')
  if (!resource.parent) known.set(resource, { ...entry, parts })
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

/**
 * True where the oldest item was made since there is a record, or is of today's version. Then all
 * are: an update does not make an item whole, and re-indexing begins with the newest.
 */
async function isNew(
  resource: Resource,
  parent: Attributes,
  found: Completeness | undefined,
): Promise<boolean> {
  const plan: ListPlan = { exact: {}, range: {}, descending: false }
  const inputs = listQueries(resource, parent, plan, sequences)
  const oldest = await Promise.all(inputs.map((input) => query({ ...input, Limit: 1 })))
  const isKnown = (item: Attributes) =>
    found ? isWhole(item) : item[itemVersion] === versionOf(resource)
  return oldest.every(({ Items = [] }) => Items.every(isKnown))
}
