import { QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb'
import { tableName } from '../config/environment.ts'
import type { Resource } from '../resources/resource.ts'
import { type Attributes, send } from './dynamodb.ts'
import type { Item } from './items.ts'
import { filterAttribute, filterIndex, filterValue, listIndex } from './layout.ts'

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
 * one filter the first selects and the others sieve, so that a page may be short of its limit.
 */
export async function listItems(resource: Resource, request: PageRequest): Promise<Page> {
  const answers = await Promise.all(
    queries(resource, request).map((query) =>
      send(new QueryCommand({ ...query, Limit: request.limit + 1, ScanIndexForward: false })),
    ),
  )
  const sort = sequenceOf(resource)
  const found = answers.flatMap(({ Items = [] }) => Items as Item[])
  found.sort((left, right) => (String(left[sort]) < String(right[sort]) ? 1 : -1))
  const items = found.slice(0, request.limit)
  if (found.length > request.limit) return { items, next: String(items.at(-1)?.[sort]) }
  const unread = answers.map(
    ({ LastEvaluatedKey }) => LastEvaluatedKey?.[sort] as string | undefined,
  )
  const next =
    unread
      .filter((seq) => seq !== undefined)
      .sort()
      .at(-1) ?? null
  return { items, next }
}

/** The attribute that gives the order of the resource's lists. */
function sequenceOf(resource: Resource): string {
  return resource.parent ? resource.key : '_seq'
}

function queries(resource: Resource, request: PageRequest): QueryCommandInput[] {
  const [first, ...others] = resource.filters.filter((field) => request.within[field] !== undefined)
  const sieve = others.map((field) => [filterAttribute(field), filterOf(field)] as const)
  function filterOf(field: string) {
    return filterValue(resource, field, request.within)
  }
  if (first) {
    const index = { IndexName: filterIndex(first) }
    return [
      { ...index, ...within(filterAttribute(first), filterOf(first), resource, request, sieve) },
    ]
  }
  if (resource.parent) {
    const { param } = resource.parent
    return [within(param, String(request.within[param]), resource, request, sieve)]
  }
  return Array.from({ length: resource.shards }, (_, shard) => ({
    IndexName: listIndex,
    ...within('_shard', String(shard), resource, request, sieve),
  }))
}

/** A query of one partition; `~` sorts after every id and begins the records beside the items. */
function within(
  partition: string,
  value: string,
  resource: Resource,
  request: PageRequest,
  sieve: readonly (readonly [attribute: string, value: string])[],
): QueryCommandInput {
  return {
    TableName: tableName(resource.name),
    KeyConditionExpression: '#partition = :partition AND #sort < :before',
    ...(sieve.length > 0 && {
      FilterExpression: sieve.map((_, index) => `#sieve${index} = :sieve${index}`).join(' AND '),
    }),
    ExpressionAttributeNames: {
      '#partition': partition,
      '#sort': sequenceOf(resource),
      ...Object.fromEntries(sieve.map(([attribute], index) => [`#sieve${index}`, attribute])),
    },
    ExpressionAttributeValues: {
      ':partition': value,
      ':before': request.before ?? '~',
      ...Object.fromEntries(sieve.map(([, wanted], index) => [`:sieve${index}`, wanted])),
    },
  }
}
