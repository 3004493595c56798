import type { Parent, Resource } from './declaration.ts'

/** The users as a parent: the items are those of the user whose id the access token has. */
export const users: Parent = {
  name: 'users',
  singular: 'user',
  key: 'id',
  param: 'userId',
  owner: undefined,
}

/** The attribute of an owned item that names its owner. */
export const ownerName = users.param

/** Whether the items of a resource lie under something that the path does not show. */
export function isPrivate(resource: Pick<Resource, 'owner'>): boolean {
  return resource.owner === 'private'
}

/**
 * Whether others may at least read the items: writing them is refused with 403 then, else with 404.
 */
export function hasReadableOwner({ owner, parent }: Pick<Resource, 'owner' | 'parent'>): boolean {
  if (owner) return owner === 'readable'
  return parent?.name === users.name || parent?.owner === 'readable'
}
