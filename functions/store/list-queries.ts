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
        .map(({ text }, at) => text(`#sieve${at}`, `:sieve${at}`))
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
      ...Object.fromEntries(sieve.map(({ wanted }, at) => [`:sieve${at}`, wanted])),
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
  readonly wanted: unknown
  readonly text: (name: string, value: string) => string
}

/** The condition that an item has the value of a field, in terms of what an index has of it. */
function sieveOf(resource: Resource, field: string, item: Attributes): Sieve {
  if (sortFields(resource).includes(field)) {
    const { low } = spans.equal(orderKeyOf(resource, field, item[field]) ?? '')
    const text = (name: string, value: string) => `begins_with(${name}, ${value})`
    return { attribute: sortAttribute(field), wanted: low, text }
  }
  const wanted = byValue(resource, field, item)
  return { attribute: byAttribute(field), wanted, text: (name, value) => `${name} = ${value}` }
}
