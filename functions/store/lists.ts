import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'
import { type QueryInput, query } from './dynamodb.ts'
import type { Item } from './items.ts'
import { filterAttribute, filterIndex, filterValue, listIndex, sequenceName } from './layout.ts'

export interface PageRequest {
  /** The parent's id and the filters' values, by attribute. */
  readonly within: Attributes
  readonly limit: number
  /** Items older than the one with this sequence. */
  readonly before: string | undefined
}

export interface Page {
  readonly items: readonly Item[]
  /** The sequence to continue before; null at the end. */
  readonly next: string | null
}

/**
 * A page of a list, newest first, by queries whose cost depends on the page alone. With more than
 * one filter the first selects and the others sieve: where few of many pass, a page may be short of
 * its limit.
 */
export async function listItems(resource: Resource, request: PageRequest): Promise<Page> {
  const answers = await Promise.all(
    queries(resource, request).map((input) => queryNewest(input, request.limit + 1)),
  )
  const sort = sequenceName(resource)
  const sequence = (item: Attributes | undefined) => String(item?.[sort] ?? '')
  // A query ends early at 1 MB: what is older than its end may have newer items unread beside it.
  const [end = ''] = answers.map(({ LastEvaluatedKey }) => sequence(LastEvaluatedKey)).sort(newest)
  const found = answers
    .flatMap(({ Items }) => Items as Item[])
    .filter((item) => sequence(item) >= end)
    .sort((left, right) => newest(sequence(left), sequence(right)))
  const items = fitToPayload(found.slice(0, request.limit))
  return { items, next: (found.length > items.length ? sequence(items.at(-1)) : end) || null }
}

/** For one page, so many items are sieved at once, and so many times. */
const filterScan = { items: 100, times: 5 }

/** The newest items that a query finds, until there are as many as are wanted. */
async function queryNewest(input: QueryInput, wanted: number) {
  const Limit = input.FilterExpression ? Math.max(wanted, filterScan.items) : wanted
  const most = input.FilterExpression ? filterScan.times : 1
  const found: Attributes[] = []
  let ExclusiveStartKey: Attributes | undefined
  for (let times = 1; ; times++) {
    const { Items = [], LastEvaluatedKey } = await query({
      ...input,
      Limit,
      ScanIndexForward: false,
      ExclusiveStartKey,
    })
    found.push(...Items)
    if (!LastEvaluatedKey || found.length >= wanted || times === most)
      return { Items: found, LastEvaluatedKey }
    ExclusiveStartKey = LastEvaluatedKey
  }
}

/** Lambda answers at most 6 MB; JSON within its own JSON has at most twice the size. */
const maxPageBytes = 2.9 * 1024 * 1024

/** The items that fit into an answer: a control character has one byte here, and six in JSON. */
function fitToPayload(items: readonly Item[]): readonly Item[] {
  let bytes = 0
  for (const [index, item] of items.entries()) {
    bytes += Buffer.byteLength(JSON.stringify(item))
    if (bytes > maxPageBytes && index > 0) return items.slice(0, index)
  }
  return items
}

function newest(left: string, right: string): number {
  return left < right ? 1 : -1
}

function queries(resource: Resource, request: PageRequest): QueryInput[] {
  const { filters, parent, shards } = resource
  const [first, ...others] = filters.filter((field) => request.within[field] !== undefined)
  const by = (field: string): Equal => [
    filterAttribute(field),
    filterValue(resource, field, request.within),
  ]
  if (first) {
    const input = keyAndFilters(by(first), resource, request, others.map(by))
    return [{ IndexName: filterIndex(first), ...input }]
  }
  if (parent)
    return [keyAndFilters([parent.param, request.within[parent.param]], resource, request)]
  return Array.from({ length: shards }, (_, shard) => ({
    IndexName: listIndex,
    ...keyAndFilters(['_shard', String(shard)], resource, request),
  }))
}

type Equal = readonly [attribute: string, value: unknown]

/** A query of one partition; `~` sorts after every id and begins the records beside the items. */
function keyAndFilters(
  [partition, value]: Equal,
  resource: Resource,
  request: PageRequest,
  sieve: readonly Equal[] = [],
): QueryInput {
  return {
    TableName: tableName(resource.name),
    KeyConditionExpression: '#partition = :partition AND #sort < :before',
    ...(sieve.length > 0 && {
      FilterExpression: sieve.map((_, index) => `#sieve${index} = :sieve${index}`).join(' AND '),
    }),
    ExpressionAttributeNames: {
      '#partition': partition,
      '#sort': sequenceName(resource),
      ...Object.fromEntries(sieve.map(([attribute], index) => [`#sieve${index}`, attribute])),
    },
    ExpressionAttributeValues: {
      ':partition': value,
      ':before': request.before ?? '~',
      ...Object.fromEntries(sieve.map(([, wanted], index) => [`:sieve${index}`, wanted])),
    },
  }
}
