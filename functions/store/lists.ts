import type { Resource } from '../model/declaration.ts'
import type { ListPlan } from '../model/list-plan.ts'
import type { Attributes } from './attributes.ts'
import { requireComplete } from './completeness.ts'
import { asDeclared } from './declared.ts'
import { type QueryInput, query } from './dynamodb.ts'
import type { Item } from './items.ts'
import { listQueries, placeName, spanOf } from './list-queries.ts'
import { findUnique } from './lookups.ts'
import { beyond, compareBytes, intersection, isEmpty } from './order-keys.ts'

export interface PageRequest {
  /** The key of the parent; empty where items have none. */
  readonly parent: Attributes
  readonly plan: ListPlan
  readonly limit: number
  /** The place that the previous page ended with. */
  readonly after: string | undefined
  /** Items of shards that are no longer declared, too. */
  readonly anyShard?: boolean
}

export interface Page {
  readonly items: readonly Item[]
  /** The place to continue after; null at the end. */
  readonly next: string | null
}

/**
 * A page of a list, by queries of one index whose cost depends on the page alone. What is asked
 * beyond the index is a sieve: where few of many pass, a page may be short of its limit.
 * @throws Problem unavailable where an item of it cannot be shown: no page is silently short
 */
export async function listItems(resource: Resource, request: PageRequest): Promise<Page> {
  await requireComplete(resource, request.parent, request.plan)
  const { items, next } = await readStoredPage(resource, request)
  return { items: items.map((item) => asDeclared(resource, item)), next }
}

/** A page of items as they are stored, whether or not they are all. */
export async function readStoredPage(resource: Resource, request: PageRequest): Promise<Page> {
  const { parent, plan, limit, after, anyShard = false } = request
  if (plan.lookup !== undefined)
    return { items: await findUnique(resource, parent, plan, plan.lookup), next: null }
  const asked = spanOf(resource, plan)
  const span = after === undefined ? asked : intersection(asked, beyond(after, plan.descending))
  if (isEmpty(span)) return { items: [], next: null }
  const inputs = listQueries(resource, parent, plan, span, anyShard)
  const answers = await Promise.all(
    inputs.map((input) => queryPartition(input, limit + 1, inputs.length)),
  )
  return mergedPage(answers, placeName(resource, plan), plan.descending, limit)
}

interface Answer {
  readonly Items: readonly Attributes[]
  readonly LastEvaluatedKey?: Attributes | undefined
}

function mergedPage(
  answers: readonly Answer[],
  placeName: string,
  descending: boolean,
  limit: number,
): Page {
  const place = (item: Attributes | undefined) => String(item?.[placeName] ?? '')
  const order = (left: string, right: string) =>
    descending ? compareBytes(right, left) : compareBytes(left, right)
  // A query ends early at 1 MB: beyond its end there may be unread items that come before those of
  // other queries.
  const [end = ''] = answers
    .map(({ LastEvaluatedKey }) => place(LastEvaluatedKey))
    .filter(Boolean)
    .sort(order)
  const found = answers
    .flatMap(({ Items }) => Items as Item[])
    .filter((item) => end === '' || order(place(item), end) <= 0)
    .sort((left, right) => order(place(left), place(right)))
  const items = fitToPayload(found.slice(0, limit))
  return { items, next: (found.length > items.length ? place(items.at(-1)) : end) || null }
}

/** How many items are sieved for one page, and in how many parts. */
const sieved = { items: 500, times: 5 }

/** The first items that a query finds, until there are as many as are wanted. */
async function queryPartition(input: QueryInput, wanted: number, partitions: number) {
  const sieves = input.FilterExpression !== undefined
  const Limit = sieves ? Math.max(1, Math.floor(sieved.items / sieved.times / partitions)) : wanted
  const most = sieves ? sieved.times : 1
  const found: Attributes[] = []
  let ExclusiveStartKey: Attributes | undefined
  for (let times = 1; ; times++) {
    const { Items = [], LastEvaluatedKey } = await query({ ...input, Limit, ExclusiveStartKey })
    found.push(...Items)
    if (!LastEvaluatedKey || found.length >= wanted || times === most)
      return { Items: found, LastEvaluatedKey }
    ExclusiveStartKey = LastEvaluatedKey
  }
}

/** Lambda answers at most 6 MB; JSON within its own JSON has at most twice the size. */
const maxPageBytes = 2.9 * 1024 * 1024

function fitToPayload(items: readonly Item[]): readonly Item[] {
  let bytes = 0
  for (const [index, item] of items.entries()) {
    bytes += Buffer.byteLength(JSON.stringify(item))
    if (bytes > maxPageBytes && index > 0) return items.slice(0, index)
  }
  return items
}
