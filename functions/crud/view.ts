import { created, ok, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import { id } from '../model/fields.ts'
import { fieldOf } from '../model/operations.ts'
import { Problem } from '../model/problems.ts'
import type { Resource } from '../model/resource.ts'
import type { Attributes } from '../store/dynamodb.ts'
import type { Item } from '../store/items.ts'
import { etag } from './etag.ts'

const generatedId = id()

/** The item as clients see it, in the order of the declaration. */
export function publicView(resource: Resource, item: Attributes): Attributes {
  const view: Attributes = {}
  for (const name of Object.keys(resource.item.shape))
    if (item[name] !== undefined) view[name] = item[name]
  return view
}

/** An answer that is one item, with its entity tag. */
export function found(resource: Resource, item: Item): Reply {
  return ok(publicView(resource, item), { ETag: etag(item) })
}

/** The answer to a create; `collection` is the path that the item's own begins with. */
export function made(resource: Resource, item: Item, collection: string): Reply {
  const headers = { ETag: etag(item), Location: `${collection}/${item[resource.key]}` }
  return created(publicView(resource, item), headers)
}

/**
 * The key that the path names.
 * @throws Problem 404 for what cannot be a key; DynamoDB is not asked
 */
export function itemKey(resource: Resource, request: Request): Attributes {
  const key: Attributes = { [resource.key]: request.params[resource.param] }
  const schema = resource.naturalKey ? fieldOf(resource, resource.key) : generatedId
  if (!schema.safeParse(key[resource.key]).success) throw new Problem('not_found')
  return { ...parentKey(resource, request), ...key }
}

/** @throws Problem 404 for what cannot be the id of a parent */
export function parentKey(resource: Resource, request: Request): Attributes {
  if (!resource.parent) return {}
  const { param } = resource.parent
  if (!generatedId.safeParse(request.params[param]).success) throw new Problem('not_found')
  return { [param]: request.params[param] }
}
