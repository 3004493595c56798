import type { Resource } from '../model/declaration.ts'
import { newestFirst } from '../model/list-plan.ts'
import type { Attributes } from '../store/attributes.ts'
import { beginWalk, endWalk, readCompleteness } from '../store/completeness.ts'
import type { Item } from '../store/items.ts'
import { readStoredPage } from '../store/lists.ts'
import {
  type Duplicate,
  fitting,
  type Reindexed,
  reindexItem,
  type Unfit,
  uniqueValues,
} from '../store/reindex.ts'
import { isOfVersion, part, partsOf } from '../store/versions.ts'

/** Where a page begins: the parents whose items are left, and the place in the first. */
export interface ReindexPosition {
  readonly parents?: readonly string[] | undefined
  readonly after?: string | undefined
}

export interface ReindexPage {
  /** The keys of the items, for the items that lie under them. */
  readonly ids: readonly string[]
  /** How many were not as the declaration asks. */
  readonly behind: number
  readonly duplicates: readonly Duplicate[]
  readonly unfit: readonly Unfit[]
  /** With `check`: the unique values of the items. */
  readonly values: readonly Duplicate[]
  readonly next: ReindexPosition | null
}

const atOnce = 20

/** An invocation ends with the page that reaches this: Lambda gives it ten seconds, and 6 MB. */
const enough = { milliseconds: 4000, bytes: 2_000_000 }

export interface ReindexStatus {
  readonly resource: string
  /** The resource that its items lie under. */
  readonly parent: string | undefined
  /** The field that is the key of its items. */
  readonly key: string
  /** The number of upgrades that its declaration has. */
  readonly version: number
  /** Whether its items are known to be as the declaration asks. */
  readonly complete: boolean
}

/** @param all with each parent before what lies under it */
export async function reindexStatus(all: readonly Resource[]): Promise<ReindexStatus[]> {
  return Promise.all(
    all.map(async (resource) => {
      const [found, wanted] = [await readCompleteness(resource), partsOf(resource)]
      const parts = found?.since ? undefined : found?.parts
      const complete = parts !== undefined && wanted.every((name) => parts.includes(name))
      const { name, parent, key, upgrade } = resource
      return { resource: name, parent: parent?.name, key, version: upgrade.length, complete }
    }),
  )
}

/** @param limit the most items; fewer where an invocation has no time for more */
export async function reindexPage(
  resource: Resource,
  { check, limit, ...position }: ReindexPosition & { check: boolean; limit: number },
): Promise<ReindexPage> {
  const began = performance.now()
  const ids: string[] = []
  const duplicates: Duplicate[] = []
  const unfit: Unfit[] = []
  const values: Duplicate[] = []
  let [behind, bytes] = [0, 0]
  let next: ReindexPosition | null = position
  while (next) {
    const page = await readPart(resource, next, Math.min(100, limit - ids.length))
    const old = page.items.filter((item) => !isOfVersion(resource, item))
    ids.push(...page.items.map((item) => String(item[resource.key])))
    behind += old.length
    if (check) {
      unfit.push(...old.flatMap((item) => unfitOf(resource, item)))
      const found = page.items.flatMap((item) => valuesOf(resource, item))
      values.push(...found)
      bytes += JSON.stringify(found).length
    }
    for (let at = 0; !check && at < old.length; at += atOnce) {
      const some = old.slice(at, at + atOnce)
      const done = await reindexItems(resource, some)
      duplicates.push(...done.flatMap((one) => one.duplicates))
      unfit.push(...done.flatMap((one) => one.unfit))
    }
    next = page.next
    const isLong = performance.now() - began > enough.milliseconds || bytes > enough.bytes
    if (ids.length >= limit || isLong) break
  }
  return { ids, behind, duplicates, unfit, values, next }
}

/** All at once, but those with the same unique value one by one: they meet at its guard. */
function reindexItems(resource: Resource, items: readonly Item[]): Promise<Reindexed[]> {
  const last = new Map<string, Promise<Reindexed>>()
  const doings = items.map((item) => {
    const guards = valuesOf(resource, item).map(({ guard }) => guard)
    const earlier = Promise.all(guards.map((guard) => last.get(guard)))
    const doing = earlier.then(() => reindexItem(resource, item))
    for (const guard of guards) last.set(guard, doing)
    return doing
  })
  return Promise.all(doings)
}

async function readPart(
  resource: Resource,
  { parents = [], after }: ReindexPosition,
  limit: number,
): Promise<{ items: readonly Item[]; next: ReindexPosition | null }> {
  const { parent } = resource
  const within: Attributes = parent ? { [parent.param]: parents[0] } : {}
  const request = { parent: within, plan: newestFirst, limit, after, anyShard: true }
  const { items, next } = await readStoredPage(resource, request)
  if (next) return { items, next: { parents, after: next } }
  const rest = parents.slice(1)
  return { items, next: rest.length > 0 ? { parents: rest } : null }
}

function unfitOf(resource: Resource, stored: Item): Unfit[] {
  const why = fitting(resource, stored)
  return typeof why === 'string' ? [{ id: stored[resource.key], why }] : []
}

function valuesOf(resource: Resource, stored: Item): Duplicate[] {
  const item = fitting(resource, stored)
  return typeof item === 'string' ? [] : uniqueValues(resource, item)
}

/** Before the walk, or walks, that `endReindex` is to speak of. */
export async function beginReindex(resource: Resource): Promise<{ walk: string }> {
  return { walk: await beginWalk(resource) }
}

/**
 * Records that all items are as the declaration asks, except for unique fields that have
 * duplicates. Nothing can be said of items that were left behind, nor where something that is not as
 * the declaration asks may have been written since the walk began: by code of another version, or by
 * an import.
 */
export async function endReindex(
  resource: Resource,
  { walk, except }: { walk: string; except: readonly string[] },
): Promise<{ ended: boolean }> {
  const without = except
    .filter((field) => resource.unique.includes(field))
    .map((field) => part(resource, 'unique', field))
  const parts = partsOf(resource).filter((name) => !without.includes(name))
  return { ended: await endWalk(resource, walk, parts) }
}
