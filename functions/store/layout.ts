import { randomInt, randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'

/**
 * How items lie in a resource's table. An item's own attributes are its fields; what only the store
 * uses begins with `_`. Beside the items stand records whose key begins with `~`, which no id and
 * no slug does and which sorts after them: guards of unique values, idempotency records, the key of
 * the cursors.
 *
 *   _rev         changes with every write: the ETag
 *   _shard, _seq partition and sort key of the list index; `_seq` is a UUIDv7, so newest is last
 *   _by_<field>  partition key of a filter's index
 *   _owner       of a guard: the key of the item that has the value
 *   _expiresAt   DynamoDB's time to live
 */
export const listIndex = 'list'
/** Seconds since the epoch after which DynamoDB deletes a record, some time. */
export const timeToLive = '_expiresAt'

/** The attribute of a guard that names the item which has the value. */
export const guardOwner = '_owner'

export function filterIndex(field: string): string {
  return `by_${field}`
}

export function filterAttribute(field: string): string {
  return `_by_${field}`
}

/** What the keys of a table follow from. */
export type Keyed = Readonly<{ name: string; key: string; parent: { param: string } | undefined }>

/** Names of the table's partition and sort key. */
export function keyNames(resource: Omit<Keyed, 'name'>): {
  partition: string
  sort: string | undefined
} {
  return resource.parent
    ? { partition: resource.parent.param, sort: resource.key }
    : { partition: resource.key, sort: undefined }
}

/** The attribute that gives the order of the resource's lists. */
export function sequenceName(resource: Resource): string {
  return keyNames(resource).sort ?? '_seq'
}

/** The key of the item that path parameters, or the item itself, name. */
export function keyOf(resource: Resource, names: Attributes): Attributes {
  const { partition, sort } = keyNames(resource)
  return { [partition]: names[partition], ...(sort && { [sort]: names[sort] }) }
}

/** The key of a record beside the items; one of an item's parent lies in the parent's partition. */
export function recordKey(resource: Keyed, record: string, parentId?: unknown): Attributes {
  const { partition, sort } = keyNames(resource)
  const name = `~${record}`
  return sort ? { [partition]: parentId ?? name, [sort]: name } : { [partition]: name }
}

/**
 * The form in which values of a field are compared: NFC (UAX #15), as what looks the same is the
 * same; e-mail addresses without regard to case.
 */
export function comparable(resource: Resource, field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  const schema = resource.fields[field]
  const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema
  const exact = String(value).normalize()
  return inner?.meta()?.format === 'email' ? exact.toLowerCase() : exact
}

/** The key of the guard of the item's value of a unique field. */
export function guardKey(resource: Resource, field: string, item: Attributes): Attributes {
  const value = comparable(resource, field, item[field])
  const parentId = resource.parent && item[resource.parent.param]
  return recordKey(resource, `unique~${field}~${value}`, parentId)
}

/** What the list index needs of a new item; lists of a parent's items use the table itself. */
export function listAttributes(resource: Resource, seq: string): Attributes {
  return resource.parent ? {} : { _seq: seq, _shard: String(randomInt(resource.shards)) }
}

/** What the filters' indexes need of the fields that are given; undefined where one is removed. */
export function filterAttributes(resource: Resource, fields: Attributes): Attributes {
  const given = resource.filters.filter((field) => field in fields)
  return Object.fromEntries(
    given.map((field) => [filterAttribute(field), filterValue(resource, field, fields)]),
  )
}

/** The partition of a filter's index that holds the items with the item's value of the field. */
export function filterValue(resource: Resource, field: string, item: Attributes) {
  const value = comparable(resource, field, item[field])
  return resource.parent && value !== undefined ? `${item[resource.parent.param]}#${value}` : value
}

export function newRevision(): string {
  return randomUUID()
}
