import type { Request } from '../http/request.ts'
import type { Resource } from '../model/declaration.ts'
import { scope } from '../model/operations.ts'
import { Problem } from '../model/problems.ts'
import { covers } from '../model/scopes.ts'
import type { Attributes } from '../store/attributes.ts'
import { readItem } from '../store/items.ts'
import { parentExists } from '../store/parents.ts'
import { itemKey, parentKey } from './path-keys.ts'

/**
 * Items under a user are that user's. Others may write them with the scope `<resource>:admin`
 * only; the partition that a write goes to is decided here, and here alone.
 */

/**
 * The key of an item that the caller may write.
 * @throws Problem 404, or 403 for an item of somebody else that the caller may at least read
 */
export async function writableKey(resource: Resource, request: Request): Promise<Attributes> {
  const key = itemKey(resource, request)
  // Items of a deleted user count as gone, although the clean-up removes them a moment later.
  if (!(await parentExists(resource, key))) throw new Problem('not_found')
  if (mayWriteIn(resource, request)) return key
  throw refusal(resource, request, (await readItem(resource, key)) !== undefined)
}

/**
 * The part of a new item's key that names its owner; empty where items have none.
 * @throws Problem 404, or 403 for a user whose items the caller may at least read
 */
export async function writableParent(resource: Resource, request: Request): Promise<Attributes> {
  const key = parentKey(resource, request)
  if (mayWriteIn(resource, request)) return key
  throw refusal(resource, request, await parentExists(resource, key))
}

function mayWriteIn({ name, parent }: Resource, { principal, params }: Request): boolean {
  if (!parent) return true
  if (!principal) return false
  return params[parent.param] === principal.userId || covers(principal.scopes, scope(name, 'admin'))
}

function refusal({ name }: Resource, { principal }: Request, exists: boolean): Problem {
  const readable = exists && principal && covers(principal.scopes, scope(name, 'read'))
  return new Problem(readable ? 'forbidden' : 'not_found')
}
