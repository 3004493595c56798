import { etag } from '../http/etag.ts'
import { created, ok, type Reply } from '../http/replies.ts'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from '../store/attributes.ts'
import type { Item } from '../store/items.ts'

/** The item as clients see it, in the order of the declaration. */
export function serialize(resource: Resource, item: Attributes): Attributes {
  const serialized: Attributes = {}
  for (const name of Object.keys(resource.item().shape))
    if (item[name] !== undefined) serialized[name] = item[name]
  return serialized
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
