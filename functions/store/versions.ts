import { createHash } from 'node:crypto'
import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import { byFields, sortFields } from '../model/indexes.ts'
import type { ListPlan } from '../model/list-plan.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { get, put, query } from './dynamodb.ts'
import { formOf, itemVersion, recordKey } from './layout.ts'
import { listQueries } from './list-queries.ts'
import { sequences } from './order-keys.ts'

/**
 * An answer is never wrong because a declaration changed. What lists need of every item are parts,
 * each with the form that it has; an item knows the version, which is all of them, that it was made
 * or re-indexed under, and a record in the table says which parts all items have. A list that needs
 * a part which some items may lack is refused until `reindex` has been through them.
 */
export function partsOf(resource: Resource): string[] {
  return [
    ...(resource.parent ? [] : [listPart(resource)]),
    ...byFields(resource).map((field) => part(resource, 'by', field)),
    ...sortFields(resource).map((field) => part(resource, 'sort', field)),
    ...resource.unique.map((field) => part(resource, 'unique', field)),
  ]
}

function listPart({ shards }: Resource): string {
  return `list ${shards}`
}

export function part(resource: Resource, kind: 'by' | 'sort' | 'unique', field: string): string {
  return `${kind} ${field} ${formOf(resource, field)}`
}

const versions = new WeakMap<Resource, string>()

/** What new items are marked with. */
export function versionOf(resource: Resource): string {
  const known = versions.get(resource)
  if (known) return known
  const text = partsOf(resource).join('\n')
  const version = createHash('sha256').update(text).digest('base64url').slice(0, 8)
  versions.set(resource, version)
  return version
}

/** The parts that all items of the table have; undefined where nobody has said so yet. */
export async function readParts(resource: Resource): Promise<readonly string[] | undefined> {
  const { Item } = await get({
    TableName: tableName(resource.name),
    Key: recordKey(resource, 'version'),
    ConsistentRead: true,
  })
  return Item?.parts as string[] | undefined
}

export async function writeParts(resource: Resource, parts: readonly string[]): Promise<void> {
  await put({
    TableName: tableName(resource.name),
    Item: { ...recordKey(resource, 'version'), parts },
  })
}

interface Known {
  readonly parts: ReadonlySet<string>
  readonly isRecorded: boolean
  readonly readAt: number
}

/** While something is missing the record is read once a minute, and never again after. */
const patience = 60_000
const known = new Map<string, Known>()

/** @throws Problem index_building where the list needs what some items may not have yet */
export async function requireComplete(
  resource: Resource,
  parent: Attributes,
  plan: ListPlan,
): Promise<void> {
  const needed = neededBy(resource, plan)
  const lacks = ({ parts }: Known) => needed.some((name) => !parts.has(name))
  const table = tableName(resource.name)
  let entry = known.get(table)
  if (needed.length === 0 || (entry && !lacks(entry))) return
  if (!entry || Date.now() - entry.readAt > patience) {
    const parts = await readParts(resource)
    entry = { parts: new Set(parts), isRecorded: parts !== undefined, readAt: Date.now() }
    known.set(table, entry)
  }
  if (!lacks(entry)) return
  if (entry.isRecorded || !(await isNew(resource, parent))) throw new Problem('index_building')
  if (!resource.parent) known.set(table, { ...entry, parts: new Set(partsOf(resource)) })
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
 * All are of this version where the oldest is: an update does not change the version, and re-indexing
 * begins with the newest.
 */
async function isNew(resource: Resource, parent: Attributes): Promise<boolean> {
  const plan: ListPlan = { exact: {}, range: {}, descending: false }
  const inputs = listQueries(resource, parent, plan, sequences)
  const oldest = await Promise.all(inputs.map((input) => query({ ...input, Limit: 1 })))
  const version = versionOf(resource)
  return oldest.every(({ Items = [] }) => Items.every((item) => item[itemVersion] === version))
}
