import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import { maxShards, sortFields } from '../model/indexes.ts'
import type { ListPlan } from '../model/list-plan.ts'
import type { Attributes } from './attributes.ts'
import type { QueryInput } from './dynamodb.ts'
import {
  byAttribute,
  byValue,
  indexKeys,
  listIndex,
  listPartition,
  orderKeyOf,
  sequenceName,
  sortAttribute,
} from './layout.ts'
import { everything, intersection, type Span, sequences, spans } from './order-keys.ts'

/** The attribute that gives the order of what is asked. */
export function placeName(resource: Resource, { index }: ListPlan): string {
  return index ? indexKeys(resource, index).sort : sequenceName(resource)
}

/** The places of what is asked. */
export function spanOf(resource: Resource, { index, range }: ListPlan): Span {
  const field = index?.sort
  if (field === undefined) return sequences
  let span = everything
  for (const [bound, value] of Object.entries(range))
    if (value !== undefined)
      span = intersection(
        span,
        spans[bound as keyof typeof spans](orderKeyOf(resource, field, value) ?? ''),
      )
  return span
}

/** A query for each partition that may hold what is asked for. */
export function listQueries(
  resource: Resource,
  parent: Attributes,
  plan: ListPlan,
  span: Span,
  anyShard = false,
): QueryInput[] {
  const { index } = plan
  const keys = index && indexKeys(resource, index)
  const name = keys?.name ?? (resource.parent ? undefined : listIndex)
  const partition = keys?.partition ?? listPartition(resource)
  const others = Object.keys(plan.exact).filter(
    (field) => field !== index?.by && field !== index?.sort,
  )
  const sieve = others.map((field) => sieveOf(resource, field, { ...parent, ...plan.exact }))
  return partitions(resource, parent, plan, anyShard).map((value) => ({
    TableName: tableName(resource.name),
    ...(name !== undefined && { IndexName: name }),
    KeyConditionExpression: '#partition = :partition AND #place BETWEEN :low AND :high',
    ...(sieve.length > 0 && {
      FilterExpression: sieve
        .map((_, at) => `#sieve${at} BETWEEN :least${at} AND :most${at}`)
        .join(' AND '),
    }),
    ExpressionAttributeNames: {
      '#partition': partition,
      '#place': placeName(resource, plan),
      ...Object.fromEntries(sieve.map(({ attribute }, at) => [`#sieve${at}`, attribute])),
    },
    ExpressionAttributeValues: {
      ':partition': value,
      ':low': span.low,
      ':high': span.high,
      ...Object.fromEntries(
        sieve.flatMap(({ low, high }, at) => [
          [`:least${at}`, low],
          [`:most${at}`, high],
        ]),
      ),
    },
    ScanIndexForward: !plan.descending,
  }))
}

function partitions(
  resource: Resource,
  parent: Attributes,
  { index, exact }: ListPlan,
  anyShard: boolean,
): unknown[] {
  if (index?.by !== undefined) return [byValue(resource, index.by, { ...parent, ...exact })]
  if (resource.parent) return [parent[resource.parent.param]]
  const length = anyShard ? maxShards : resource.shards
  return Array.from({ length }, (_, shard) => String(shard))
}

interface Sieve {
  readonly attribute: string
  readonly low: unknown
  readonly high: unknown
}

/** What an item with the value of a field has of it for an index: between these two. */
function sieveOf(resource: Resource, field: string, item: Attributes): Sieve {
  if (sortFields(resource).includes(field)) {
    const span = spans.equal(orderKeyOf(resource, field, item[field]) ?? '')
    return { attribute: sortAttribute(field), ...span }
  }
  const value = byValue(resource, field, item)
  return { attribute: byAttribute(field), low: value, high: value }
}
