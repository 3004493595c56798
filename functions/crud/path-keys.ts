import type { Request } from '../http/request.ts'
import type { Resource } from '../model/declaration.ts'
import { id } from '../model/fields.ts'
import { fieldOf } from '../model/list-query.ts'
import { once } from '../model/memoized.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'

const generatedId = once(id)

/**
 * The key that the path names.
 * @throws Problem 404 for what cannot be a key; DynamoDB is not asked
 */
export function itemKey(resource: Resource, request: Request): Attributes {
  const key: Attributes = { [resource.key]: request.params[resource.param] }
  const schema = resource.naturalKey ? fieldOf(resource, resource.key) : generatedId()
  if (!schema.safeParse(key[resource.key]).success) throw new Problem('not_found')
  return { ...parentKey(resource, request), ...key }
}

/** @throws Problem 404 for what cannot be the id of a parent */
export function parentKey(resource: Resource, request: Request): Attributes {
  if (!resource.parent) return {}
  const { param } = resource.parent
  if (!generatedId().safeParse(request.params[param]).success) throw new Problem('not_found')
  return { [param]: request.params[param] }
}
