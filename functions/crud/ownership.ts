import type { Principal } from '../http/principal.ts'
import type { Request } from '../http/request.ts'
import { covers } from '../model/covers.ts'
import type { Parent, Resource } from '../model/declaration.ts'
import { isReadByAll, readPower, scope } from '../model/operations.ts'
import { hasReadableOwner, ownerName, users } from '../model/parents.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'
import { type Item, readStored } from '../store/items.ts'
import { readParent } from '../store/parents.ts'
import { itemKey } from './path-keys.ts'
import { type Place, placeOf } from './places.ts'

/**
 * What lies under a user or belongs to one is that user's. Private items cannot be named by others
 * (`placeOf`); those that others may read are written by others with the scope `<resource>:admin`
 * only. Which items a request may write is decided here, and here alone.
 */

/**
 * The key of an item that the caller may write.
 * @throws Problem 404, or 403 for an item of somebody else that the caller may at least read
 */
export async function writableKey(resource: Resource, request: Request): Promise<Attributes> {
  const key = itemKey(resource, request)
  const place = await placeOf(resource, request)
  const full = { ...place.within, ...key }
  // Items of a deleted parent count as gone, although the clean-up removes them a moment later.
  const holder = await ownerIn(resource, request, place)
  if (!hasReadableOwner(resource)) return full
  const item = resource.owner ? await readStored(resource, full) : undefined
  if (item && (await isHidden(resource, item, request))) throw new Problem('not_found')
  const owner = item ? item[ownerName] : holder
  if (isAdmin(resource, request.principal) || owner === request.principal?.userId) return full
  throw refusal(resource, request, (item ?? (await readStored(resource, full))) !== undefined)
}

/**
 * The place that the caller may make an item in.
 * @throws Problem 404, or 403 for a user whose items the caller may at least read
 */
export async function writablePlace(resource: Resource, request: Request): Promise<Place> {
  const place = await placeOf(resource, request)
  if (resource.owner || !hasReadableOwner(resource) || isAdmin(resource, request.principal))
    return place
  if (resource.parent?.name === users.name) {
    if (place.within[resource.parent.param] === request.principal?.userId) return place
    throw refusal(resource, request, await isThere(request, place))
  }
  if ((await ownerIn(resource, request, place)) === request.principal?.userId) return place
  throw refusal(resource, request, true)
}

/**
 * What is read in a place; its parent is looked up meanwhile.
 * @throws Problem not_found when the parent is gone: what still lies there counts as gone too
 */
export async function readInPlace<Found>(
  request: Request,
  place: Place,
  reading: Promise<Found>,
): Promise<Found> {
  const [found, known] = await Promise.all([reading, isThere(request, place)])
  if (!known) throw new Problem('not_found')
  return found
}

/**
 * Whether an item counts as gone for the caller. Its owner has been deleted; or it was stored before
 * its resource had owners: then only admins see it, unless everybody may read.
 */
export async function isHidden(
  resource: Parent,
  item: Attributes,
  { principal }: Request,
): Promise<boolean> {
  if (!resource.owner) return false
  const { [ownerName]: owner } = item
  if (typeof owner !== 'string') return !isPublic(resource) && !isAdmin(resource, principal)
  if (owner === principal?.userId) return false
  return (await readParent({ parent: users, key: { id: owner } })) === undefined
}

/** The items of a list that the caller may know of; each owner is looked up once. */
export async function withoutHidden(
  resource: Resource,
  items: readonly Item[],
  request: Request,
): Promise<readonly Item[]> {
  if (resource.owner !== 'readable') return items
  const byOwner = Map.groupBy(items, (item) => item[ownerName])
  const hides = await Promise.all(
    [...byOwner.values()].map(([first]) => first && isHidden(resource, first, request)),
  )
  const hidden = new Set([...byOwner.keys()].filter((_, index) => hides[index]))
  return items.filter((item) => !hidden.has(item[ownerName]))
}

/** The owner of a place's items, if they have one. @throws Problem 404 when the parent is gone */
async function ownerIn(
  resource: Resource,
  request: Request,
  place: Place,
): Promise<string | undefined> {
  const parent = await parentIn(request, place)
  if (parent === undefined) throw new Problem('not_found')
  const owner = resource.parent?.name === users.name ? parent.id : parent[ownerName]
  return owner === undefined ? undefined : String(owner)
}

/** Whether what the place lies under is there, and does not count as gone. */
export async function isThere(request: Request, place: Place): Promise<boolean> {
  return (await parentIn(request, place)) !== undefined
}

/** The parent, unless it counts as gone; empty where there is none. */
async function parentIn(request: Request, { parent, own }: Place): Promise<Attributes | undefined> {
  if (!parent || own) return {}
  const found = await readParent(parent)
  return found && (await isHidden(parent.parent, found, request)) ? undefined : found
}

function isAdmin({ name }: Parent, principal: Principal | undefined): boolean {
  return principal !== undefined && covers(principal.scopes, scope(name, 'admin'))
}

function isPublic({ access }: Parent): boolean {
  return access?.public?.includes('read') === true
}

/** Whether the caller may read items of this kind, whoever they belong to. */
export function mayRead(resource: Resource, { principal }: Request): boolean {
  if (isReadByAll(resource)) return true
  const needed = scope(resource.name, readPower(resource))
  return principal !== undefined && covers(principal.scopes, needed)
}

function refusal(resource: Resource, request: Request, exists: boolean): Problem {
  return new Problem(exists && mayRead(resource, request) ? 'forbidden' : 'not_found')
}
