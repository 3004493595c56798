import { randomUUIDv7 } from 'node:crypto'
import { noContent, notModified, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { Operation } from '../model/operations.ts'
import { invalid } from '../model/problems.ts'
import type { Resource } from '../model/resource.ts'
import type { Attributes } from '../store/dynamodb.ts'
import { createItem, deleteItem, newItem, readMatching, updateItem } from '../store/items.ts'
import { listItems } from '../store/lists.ts'
import { underParent, withParent } from '../store/parents.ts'
import { etag, ifMatch, isFresh } from './etag.ts'
import { once, repeated, replay } from './idempotency.ts'
import { writableKey, writableParent } from './ownership.ts'
import { pageReply, placeOf } from './page.ts'
import { found, itemKey, made, parentKey, publicView } from './view.ts'

export type Action = (resource: Resource, request: Request) => Promise<Reply>

/** What the six operations do, for any resource. */
export const actions: Record<Operation, Action> = { list, create, read, replace, patch, remove }

async function list(resource: Resource, request: Request): Promise<Reply> {
  const place = await placeOf(resource, request)
  const { limit, filters, before } = place
  const parent = parentKey(resource, request)
  const listing = listItems(resource, { within: { ...parent, ...filters }, limit, before })
  const page = await underParent(resource, parent, listing)
  const items = page.items.map((item) => publicView(resource, item))
  return pageReply(place, request, items, page.next)
}

async function create(resource: Resource, request: Request): Promise<Reply> {
  const parent = await writableParent(resource, request)
  const seq = randomUUIDv7()
  const now = new Date().toISOString()
  const fields = request.body as Attributes
  const names = resource.naturalKey ? {} : { id: seq }
  const item = newItem(
    resource,
    { ...parent, ...names, ...fields, createdAt: now, updatedAt: now },
    seq,
  )
  const reply = made(resource, item, request.root + request.path())
  const outcome = await createItem(resource, item, [
    ...withParent(resource, parent),
    ...once(resource, request, reply),
  ])
  if (outcome === repeated) return replay(resource, request)
  if (outcome) throw outcome
  return reply
}

async function read(resource: Resource, request: Request): Promise<Reply> {
  const key = itemKey(resource, request)
  const item = await underParent(resource, key, readMatching(resource, key))
  return isFresh(request, item) ? notModified({ ETag: etag(item) }) : found(resource, item)
}

async function replace(resource: Resource, request: Request): Promise<Reply> {
  const body = request.body as Attributes
  const cleared = Object.keys(resource.fields).map((field) => [field, undefined])
  return change(resource, request, { ...Object.fromEntries(cleared), ...body })
}

async function patch(resource: Resource, request: Request): Promise<Reply> {
  const changes = Object.entries(request.body as Attributes)
  if (changes.length === 0) return unchanged(resource, request)
  // In a merge patch null removes the field; in the store undefined does.
  const entries = changes.map(([field, value]) => [field, value === null ? undefined : value])
  return change(resource, request, Object.fromEntries(entries))
}

async function change(resource: Resource, request: Request, fields: Attributes): Promise<Reply> {
  const { [resource.key]: name, ...changes } = fields
  const key = await writableKey(resource, request)
  if (name !== undefined && name !== key[resource.key])
    throw invalid({ pointer: `/${resource.key}`, detail: 'must be as in the path' })
  const updated = { ...changes, updatedAt: new Date().toISOString() }
  return found(resource, await updateItem(resource, key, updated, ifMatch(request)))
}

/** `{}` writes nothing, but answers as any other patch would. */
async function unchanged(resource: Resource, request: Request): Promise<Reply> {
  const key = await writableKey(resource, request)
  return found(resource, await readMatching(resource, key, ifMatch(request)))
}

async function remove(resource: Resource, request: Request): Promise<Reply> {
  await deleteItem(resource, await writableKey(resource, request), ifMatch(request))
  return noContent()
}
