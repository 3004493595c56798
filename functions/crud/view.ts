import { Problem } from '../http/problems.ts'
import type { Request } from '../http/request.ts'
import { id } from '../resources/fields.ts'
import { fieldOf } from '../resources/operations.ts'
import type { Resource } from '../resources/resource.ts'
import type { Attributes } from '../store/dynamodb.ts'

const generatedId = id()

/** The item as clients see it, in the order of the declaration. */
export function publicView(resource: Resource, item: Attributes): Attributes {
  const view: Attributes = {}
  for (const name of Object.keys(resource.item.shape))
    if (item[name] !== undefined) view[name] = item[name]
  return view
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

/** The defined values of a query, as a link writes them. */
export function stringsOf(query: Attributes): Record<string, string> {
  const defined = Object.entries(query).filter(([, value]) => value !== undefined)
  return Object.fromEntries(defined.map(([name, value]) => [name, String(value)]))
}
