import type { Resource } from './declaration.ts'
import type { Index } from './indexes.ts'
import { type Bound, bounds, takesPrefix } from './list-query.ts'
import { Problem } from './problems.ts'

/** What a list is asked for, and what answers it. */
export interface ListPlan {
  /** Only the items with these values, by field. */
  readonly exact: Readonly<Record<string, unknown>>
  /** Undefined for all of the list, newest first. */
  readonly index?: Index
  /** A field whose value only one item has: the item is looked up, and no index is needed. */
  readonly lookup?: string
  /** The range of the index's `sort`; an exact value where one is asked for. */
  readonly range: Range
  readonly descending: boolean
}

export type Range = Readonly<Partial<Record<Bound | 'prefix' | 'equal', unknown>>>

/** All of a list, newest first. */
export const newestFirst: ListPlan = { exact: {}, range: {}, descending: true }

type Asked = Pick<Resource, 'name' | 'fields' | 'indexes' | 'lookups'>

/**
 * How a list is answered by one index, whatever is asked: the other exact values are a sieve.
 * @param query its parameters except `limit` and `cursor`
 * @throws Problem 400 naming what there is, for what no declared index answers
 */
export function planList(resource: Asked, query: Readonly<Record<string, unknown>>): ListPlan {
  const refuse = (why: string): never => {
    throw new Problem('bad_request', `Query: ${why}. ${offer(resource)}`)
  }
  const { sort, ...parameters } = query
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const exact = Object.fromEntries(given.filter(([name]) => !name.includes('[')))
  const ranges = Map.groupBy(
    given.filter(([name]) => name.includes('[')),
    ([name]) => name.slice(0, name.indexOf('[')),
  )
  const [ranged, another] = ranges.keys()
  if (another) refuse(`a range of ${ranged} cannot be combined with one of ${another}`)
  const range = rangeOf(ranges.get(ranged ?? '') ?? [])
  if (ranged !== undefined) checkRange(ranged, range, exact, refuse)
  const [, minus = '', sorted = ranged] = /^(-?)(\w+)$/.exec(String(sort ?? '')) ?? []
  if (ranged !== undefined && sorted !== ranged)
    refuse(`a range of ${ranged} needs sort=${ranged} or sort=-${ranged}`)
  const lookup = resource.lookups.find((field) => exact[field] !== undefined)
  if (sorted === undefined) {
    const index = lookup === undefined ? indexOfExact(resource, exact) : undefined
    if (!index && lookup === undefined && Object.keys(exact).length > 0)
      refuse(`${Object.keys(exact).join(' and ')} cannot be the only filter`)
    return plan({ exact, index, lookup, range: {}, descending: true })
  }
  const index = indexInOrder(resource, exact, sorted)
  if (!index) {
    const within = resource.indexes.find(({ sort }) => sort === sorted)?.by
    return refuse(
      within === undefined
        ? `this list cannot be sorted by ${sorted} or limited to a range of it`
        : `sorting by ${sorted}, or a range of it, needs a filter by ${within}`,
    )
  }
  return plan({ exact, index, lookup, range, descending: minus === '-' })
}

function plan({ exact, index, lookup, range, descending }: Planned): ListPlan {
  const value = index?.sort === undefined ? undefined : exact[index.sort]
  return {
    exact,
    ...(index && { index }),
    ...(lookup !== undefined && { lookup }),
    range: value === undefined ? range : { equal: value },
    descending,
  }
}

interface Planned extends Pick<ListPlan, 'exact' | 'range' | 'descending'> {
  readonly index: Index | undefined
  readonly lookup: string | undefined
}

function rangeOf(given: readonly (readonly [string, unknown])[]): Range {
  return Object.fromEntries(
    given.map(([name, value]) => [name.slice(name.indexOf('[') + 1, -1), value]),
  )
}

function checkRange(
  field: string,
  { gte, gt, lte, lt, prefix }: Range,
  exact: ListPlan['exact'],
  refuse: (why: string) => never,
): void {
  if (gte !== undefined && gt !== undefined) refuse(`${field} takes one lower bound`)
  if (lte !== undefined && lt !== undefined) refuse(`${field} takes one upper bound`)
  if (prefix !== undefined && [gte, gt, lte, lt].some((bound) => bound !== undefined))
    refuse(`a prefix of ${field} is both its lower and its upper bound`)
  if (exact[field] !== undefined) refuse(`${field} is asked for by its exact value and by a range`)
}

/** The index that selects the most of what is asked for, in the order of creation. */
function indexOfExact({ indexes }: Asked, exact: ListPlan['exact']): Index | undefined {
  const asked = (field: string | undefined) => field !== undefined && exact[field] !== undefined
  return (
    indexes.find(({ by, sort }) => asked(by) && asked(sort)) ??
    indexes.find(({ by, sort }) => asked(by) && sort === undefined) ??
    indexes.find(({ by, sort }) => by === undefined && asked(sort))
  )
}

function indexInOrder(
  { indexes }: Asked,
  exact: ListPlan['exact'],
  field: string,
): Index | undefined {
  const inOrder = indexes.filter(({ sort }) => sort === field)
  return (
    inOrder.find(({ by }) => by !== undefined && exact[by] !== undefined) ??
    inOrder.find(({ by }) => by === undefined)
  )
}

/** What a list can be asked for, in words. */
function offer(resource: Asked): string {
  const { lookups, indexes } = resource
  const offers = indexes.map(({ by, sort }) => {
    if (sort === undefined) return by
    const more = takesPrefix(resource, sort) ? ['prefix', 'sort'] : ['sort']
    const within = by === undefined ? sort : `${sort} within ${by}`
    return `${within} (${['exact', ...Object.keys(bounds), ...more].join(', ')})`
  })
  const all = [...lookups, ...offers]
  return all.length > 0
    ? `Available: ${all.join('; ')}.`
    : 'This list has no filters and no other order.'
}
