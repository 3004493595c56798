import { randomInt, randomUUID } from 'node:crypto'
import type { Resource } from '../model/declaration.ts'
import { byFields, type Index, sortFields } from '../model/indexes.ts'
import { plain } from '../model/list-query.ts'
import { hasFormat } from '../model/zod-checks.ts'
import type { Attributes } from './attributes.ts'
import { indexPlace, keyText, orderKey } from './order-keys.ts'

/**
 * How items lie in a resource's table. An item's own attributes are its fields; what only the store
 * uses begins with `_`. Beside the items are records whose keys begin with `~`, as no id or slug
 * does, and so sort after them: guards of unique values, idempotency records, the key of the
 * cursors.
 *
 *   _rev         changes with every write: the ETag
 *   _shard, _seq partition and sort key of the list index; `_seq` is a UUIDv7, so newest is last
 *   _by_<field>  partition key of the indexes by a field
 *   _sort_<field> sort key of the indexes in the order of a field
 *   _v           the version of the declaration that the item was made or re-indexed under
 *   _unique      the unique fields whose guards are the item's, each with how it compares, and
 *                `shared` where another item owns the guard
 *   _owner       of a guard: the key of the item that has the value
 *   _sharers     of a guard: how many other items have the value, as they had before it was unique
 *   _expiresAt   DynamoDB's time to live
 */
export const listIndex = 'list'
/** Private items by their id, for those who may see others'; readable ones by their owner. */
export const ownerIndex = 'owner'
/** Seconds since the epoch; DynamoDB deletes a record some time after that. */
export const timeToLive = '_expiresAt'

export const itemVersion = '_v'

export const heldGuards = '_unique'

/** The attribute of a guard that names the item which has the value. */
export const guardOwner = '_owner'
/** The attribute of a guard that counts the items which have the value beside its owner. */
export const guardSharers = '_sharers'

export function byAttribute(field: string): string {
  return `_by_${field}`
}

export function sortAttribute(field: string): string {
  return `_sort_${field}`
}

/** The name of an index, and the attributes that are its keys. */
export function indexKeys(resource: Resource, { by, sort }: Index) {
  const parts = [
    ...(by === undefined ? [] : ['by', by]),
    ...(sort === undefined ? [] : ['sort', sort]),
  ]
  return {
    name: parts.join('_'),
    partition: by === undefined ? listPartition(resource) : byAttribute(by),
    sort: sort === undefined ? sequenceName(resource) : sortAttribute(sort),
  }
}

/** The attribute whose values are the partitions of a whole list. */
export function listPartition({ parent }: Resource): string {
  return parent ? parent.param : '_shard'
}

/** What decides the keys of a table. */
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

/** The key of an item, from path parameters or from the item itself. */
export function keyOf(resource: Resource, names: Attributes): Attributes {
  const { partition, sort } = keyNames(resource)
  return { [partition]: names[partition], ...(sort && { [sort]: names[sort] }) }
}

/** The key of a record beside the items; with a parent's id it lies in that parent's partition. */
export function recordKey(resource: Keyed, record: string, parentId?: unknown): Attributes {
  const { partition, sort } = keyNames(resource)
  const name = `~${record}`
  return sort ? { [partition]: parentId ?? name, [sort]: name } : { [partition]: name }
}

type Comparable = string | number | boolean

/** How values compare; numbers, and true and false, lie in an order of their own. */
export type Form = 'anyCase' | 'exact' | 'number' | 'boolean'

/**
 * The form in which values of a field are compared: NFC (UAX #15), as what looks the same is the
 * same; e-mail addresses without regard to case.
 */
export function comparable(
  resource: Pick<Resource, 'fields'>,
  field: string,
  value: unknown,
): Comparable | undefined {
  return comparableIn(formOf(resource, field), value)
}

function comparableIn(form: Form, value: unknown): Comparable | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' || typeof value === 'boolean') return value
  const exact = String(value).normalize()
  return form === 'anyCase' ? exact.toLowerCase() : exact
}

/** How the values of a field are compared. */
export function formOf({ fields }: Pick<Resource, 'fields'>, field: string): Form {
  const schema = fields[field]
  const inner = schema && plain(schema)
  if (inner?.type === 'number' || inner?.type === 'boolean') return inner.type
  return inner && hasFormat(inner, 'email') ? 'anyCase' : 'exact'
}

/** The key of the guard of the item's value of a unique field. */
export function guardKey(
  resource: Resource,
  field: string,
  item: Attributes,
  form: Form = formOf(resource, field),
): Attributes {
  const value = String(comparableIn(form, item[field]))
  const parentId = resource.parent && item[resource.parent.param]
  // A partition key has at most 2,048 bytes, a sort key 1,024.
  const text = keyText(value, resource.parent ? 900 : 1900)
  return recordKey(resource, `unique~${field}~${text}`, parentId)
}

/** What the list index needs of a new item; lists of a parent's items use the table itself. */
export function listAttributes(resource: Resource, seq: string): Attributes {
  return resource.parent ? {} : { _seq: seq, _shard: String(randomInt(resource.shards)) }
}

/** A shard for an item that lies in one which is no longer declared. */
export function shardOf({ parent, shards }: Resource, item: Attributes): Attributes {
  if (parent || Number(item._shard) < shards) return {}
  return { _shard: String(randomInt(shards)) }
}

/** What the indexes need of an item; undefined where it is not in one. */
export function indexAttributes(resource: Resource, item: Attributes): Attributes {
  const sequence = String(item[sequenceName(resource)])
  const places = sortFields(resource).map((field) => {
    const key = orderKeyOf(resource, field, item[field])
    return [sortAttribute(field), key === undefined ? undefined : indexPlace(key, sequence)]
  })
  const values = byFields(resource).map((field) => [
    byAttribute(field),
    byValue(resource, field, item),
  ])
  return Object.fromEntries([...values, ...places])
}

/**
 * The partition that holds the items with the item's value of a field. An empty text, which only an
 * earlier declaration may have admitted, is in none: DynamoDB takes no empty key, and nobody asks.
 */
export function byValue(resource: Resource, field: string, item: Attributes): string | undefined {
  const value = comparable(resource, field, item[field])
  if (value === undefined || value === '') return undefined
  const text = keyText(String(value), 1900)
  return resource.parent ? `${item[resource.parent.param]}#${text}` : text
}

export function orderKeyOf(resource: Resource, field: string, value: unknown): string | undefined {
  const form = comparable(resource, field, value)
  return form === undefined ? undefined : orderKey(form)
}

export function newRevision(): string {
  return randomUUID()
}
