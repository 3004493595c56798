import { callerOf } from '../http/principal.ts'
import type { Request } from '../http/request.ts'
import { covers } from '../model/covers.ts'
import type { Parent, Resource } from '../model/declaration.ts'
import { scope } from '../model/operations.ts'
import { isPrivate, ownerName, users } from '../model/parents.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'
import { findOwner, type ParentKey } from '../store/parents.ts'
import { generatedId } from './path-keys.ts'

/**
 * Where the items of a request lie: under what the path names or, for private resources, under
 * their owner, who is the caller. Only callers with the scope `<resource>:admin` can name somebody
 * else's place.
 */
export interface Place {
  /** The part of the items' keys that names what they lie under. */
  readonly within: Attributes
  /** What they lie under, in its own table; undefined where they lie under nothing. */
  readonly parent: ParentKey | undefined
  /** The parent is the caller, who is there as long as the token is good. */
  readonly own?: boolean
}

/** @throws Problem 404 for what cannot be the key of a parent; DynamoDB is not asked */
export async function placeOf(resource: Resource, request: Request): Promise<Place> {
  const { parent } = resource
  if (!parent) return { within: {}, parent: undefined }
  if (isPrivate(resource)) {
    const owner = await ownerOf(resource.name, request.params[resource.param], request)
    const own = owner === request.principal?.userId
    return { ...under(users, owner, { id: owner }), own }
  }
  const named = request.params[parent.param] ?? ''
  if (!generatedId().safeParse(named).success) throw new Problem('not_found')
  if (!isPrivate(parent)) return under(parent, named, { [parent.key]: named })
  const owner = await ownerOf(parent.name, named, request, resource.name)
  return under(parent, named, { [ownerName]: owner, [parent.key]: named })
}

function under(parent: Parent, named: string, key: Attributes): Place {
  return { within: { [parent.param]: named }, parent: { parent, key } }
}

/**
 * The caller or, for callers who may see others' items, the item's owner.
 * @param asked the resource whose items are asked for: the item's own, or one that lies under it
 */
export async function ownerOf(
  resource: string,
  itemId: string | undefined,
  request: Request,
  asked = resource,
): Promise<string> {
  const { userId, scopes } = callerOf(request)
  if (itemId === undefined || !covers(scopes, scope(asked, 'admin'))) return userId
  return (await findOwner(resource, itemId)) ?? userId
}
