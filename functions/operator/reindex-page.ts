import type { Resource } from '../model/declaration.ts'
import { newestFirst } from '../model/list-plan.ts'
import type { Attributes } from '../store/attributes.ts'
import { itemVersion } from '../store/layout.ts'
import { readPage } from '../store/lists.ts'
import { type Duplicate, reindexItem } from '../store/reindex.ts'
import { part, partsOf, readParts, versionOf, writeParts } from '../store/versions.ts'

/** Where a page begins: the parents whose items are left, and the place in the first. */
export interface ReindexPosition {
  readonly parents?: readonly string[] | undefined
  readonly after?: string | undefined
}

export interface ReindexPage {
  /** The keys of the items, for those that lie under them. */
  readonly ids: readonly string[]
  /** How many were not as the declaration asks. */
  readonly behind: number
  readonly duplicates: readonly Duplicate[]
  /** With `check`: the unique values of the items that are behind. */
  readonly values: readonly Duplicate[]
  readonly next: ReindexPosition | null
}

const atOnce = 10

export interface ReindexStatus {
  readonly resource: string
  /** The resource that its items lie under. */
  readonly parent: string | undefined
  /** Whether its lists have all that they need. */
  readonly complete: boolean
}

/** @param all those that others lie under before them */
export async function reindexStatus(all: readonly Resource[]): Promise<ReindexStatus[]> {
  return Promise.all(
    all.map(async (resource) => {
      const [found, wanted] = [await readParts(resource), partsOf(resource)]
      const complete = found !== undefined && String(found.toSorted()) === String(wanted.toSorted())
      return { resource: resource.name, parent: resource.parent?.name, complete }
    }),
  )
}

export async function reindexPage(
  resource: Resource,
  { parents = [], after, check, limit }: ReindexPosition & { check: boolean; limit: number },
): Promise<ReindexPage> {
  const { parent } = resource
  const within: Attributes = parent ? { [parent.param]: parents[0] } : {}
  const request = { parent: within, plan: newestFirst, limit, after, anyShard: true }
  const page = await readPage(resource, request)
  const version = versionOf(resource)
  const behind = page.items.filter((item) => item[itemVersion] !== version)
  const duplicates: Duplicate[] = []
  for (let at = 0; !check && at < behind.length; at += atOnce) {
    const some = behind.slice(at, at + atOnce)
    const found = await Promise.all(some.map((item) => reindexItem(resource, item)))
    duplicates.push(...found.flat())
  }
  const values = check ? behind.flatMap((item) => uniqueValues(resource, item)) : []
  const rest = parents.slice(1)
  const next = page.next
    ? { parents, after: page.next }
    : rest.length > 0
      ? { parents: rest }
      : null
  const ids = page.items.map((item) => String(item[resource.key]))
  return { ids, behind: behind.length, duplicates, values, next }
}

function uniqueValues(resource: Resource, item: Attributes): Duplicate[] {
  const within = resource.parent ? `${item[resource.parent.param]} ` : ''
  return resource.unique
    .filter((field) => item[field] !== undefined)
    .map((field) => ({ field, value: `${within}${item[field]}`, id: item[resource.key] }))
}

/** Says that all items are as the declaration asks, but for unique fields that have duplicates. */
export async function endReindex(
  resource: Resource,
  { except }: { except: readonly string[] },
): Promise<{ complete: boolean }> {
  const without = except
    .filter((field) => resource.unique.includes(field))
    .map((field) => part(resource, 'unique', field))
  await writeParts(
    resource,
    partsOf(resource).filter((name) => !without.includes(name)),
  )
  return { complete: without.length === 0 }
}
