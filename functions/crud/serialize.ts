import * as z from 'zod'
import { etag } from '../http/etag.ts'
import { created, ok, type Reply } from '../http/replies.ts'
import type { Resource } from '../model/declaration.ts'
import { plain } from '../model/list-query.ts'
import type { Attributes } from '../store/attributes.ts'
import type { Item } from '../store/items.ts'

/** The item as clients see it, in the order of the declaration: the same item is the same bytes. */
export function serialize(resource: Resource, item: Attributes): Attributes {
  const serialized: Attributes = {}
  const { shape } = resource.item()
  for (const name of Object.keys(shape))
    if (item[name] !== undefined) serialized[name] = inOrder(shape[name], item[name])
  return serialized
}

/** DynamoDB's maps have no order. Members that are not declared any more come last, by their names. */
function inOrder(schema: z.ZodType | undefined, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const kind = schema && plain(schema)
  if (Array.isArray(value)) {
    const element = kind instanceof z.ZodArray ? (kind.element as z.ZodType) : undefined
    return value.map((one) => inOrder(element, one))
  }
  const shape: Record<string, z.ZodType> = kind instanceof z.ZodObject ? kind.shape : {}
  const members = value as Attributes
  const names = new Set([...Object.keys(shape), ...Object.keys(members).sort()])
  const present = [...names].filter((name) => members[name] !== undefined)
  return Object.fromEntries(present.map((name) => [name, inOrder(shape[name], members[name])]))
}

/** The reply that is one item, with its entity tag. */
export function itemReply(resource: Resource, item: Item): Reply {
  return ok(serialize(resource, item), { ETag: etag(resource, item) })
}

/** The reply to a create; `collection` is the path that the item's own begins with. */
export function createdReply(resource: Resource, item: Item, collection: string): Reply {
  const headers = { ETag: etag(resource, item), Location: `${collection}/${item[resource.key]}` }
  return created(serialize(resource, item), headers)
}
