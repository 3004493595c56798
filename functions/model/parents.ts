import type * as z from 'zod'
import type { Parent, Resource } from './declaration.ts'
import { id } from './fields.ts'

/** The users as a parent: whose id the access token has, that is whose items they are. */
export const users: Parent = {
  name: 'users',
  singular: 'user',
  key: 'id',
  param: 'userId',
  owner: undefined,
}

/** The attribute of an owned item that names its owner. */
export const ownerName = users.param

/** Whether the items of a resource lie under what the path does not show. */
export function isPrivate(resource: Pick<Resource, 'owner'>): boolean {
  return resource.owner === 'private'
}

/** The schema of what names a parent. */
export function parentId(parent: Parent): z.ZodType {
  return parent.fields?.[parent.key] ?? id()
}

/** What others may at least read is refused with 403 when they write it; else it is not there. */
export function hasReadableOwner({ owner, parent }: Pick<Resource, 'owner' | 'parent'>): boolean {
  if (owner) return owner === 'readable'
  return parent?.name === users.name || parent?.owner === 'readable'
}
