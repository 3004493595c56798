import type { Request } from '../http/request.ts'
import type { Resource } from '../model/declaration.ts'
import { id, storedSlug } from '../model/fields.ts'
import { once } from '../model/memoized.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'

/** The schema of an id that the API has given. */
export const generatedId = once(id)

/** The schema of a key that clients choose. */
const chosenKey = once(storedSlug)

/**
 * The part of an item's key that the end of the path names.
 * @throws Problem 404 for what cannot be a key; DynamoDB is not asked
 */
export function itemKey(resource: Resource, { params }: Request): Attributes {
  const named = params[resource.param]
  const schema = resource.naturalKey ? chosenKey() : generatedId()
  if (!schema.safeParse(named).success) throw new Problem('not_found')
  return { [resource.key]: named }
}
