import { randomUUIDv7 } from 'node:crypto'
import { invalid, Problem } from '../http/problems.ts'
import { created, noContent, notModified, ok, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { ListQuery, Operation } from '../resources/operations.ts'
import type { Resource } from '../resources/resource.ts'
import type { Attributes } from '../store/dynamodb.ts'
import { createItem, deleteItem, newItem, readItem, updateItem } from '../store/items.ts'
import { listItems } from '../store/lists.ts'
import { parentExists, withParent } from '../store/parents.ts'
import { openCursor, sealCursor } from './cursor.ts'
import { etag, ifMatch, isFresh } from './etag.ts'
import { once, repeated, replay } from './idempotency.ts'
import { writableKey, writableParent } from './ownership.ts'
import { itemKey, parentKey, publicView, stringsOf } from './view.ts'

export type Action = (resource: Resource, request: Request) => Promise<Reply>

/** What the six operations do, for any resource. */
export const actions: Record<Operation, Action> = { list, create, read, replace, patch, remove }

async function list(resource: Resource, request: Request): Promise<Reply> {
  const { limit, cursor, ...filters } = request.query as ListQuery
  const { path, principal } = request
  const parent = parentKey(resource, request)
  const place = { resource, path, filters, userId: principal.userId }
  const before = cursor === undefined ? undefined : await openCursor(place, cursor)
  const [page, known] = await Promise.all([
    listItems(resource, { within: { ...parent, ...filters }, limit, before }),
    parentExists(resource, parent),
  ])
  if (!known) throw new Problem('not_found')
  const items = page.items.map((item) => publicView(resource, item))
  if (page.next === null) return ok({ items, nextCursor: null })
  const nextCursor = await sealCursor(place, page.next)
  const query = new URLSearchParams({
    ...stringsOf(filters),
    limit: String(limit),
    cursor: nextCursor,
  })
  const link = `<${request.root}${path}?${query}>; rel="next"`
  return ok({ items, nextCursor }, { Link: link })
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
  const location = `${request.root}${request.path}/${item[resource.key]}`
  const reply = created(publicView(resource, item), { ETag: etag(item), Location: location })
  const outcome = await createItem(resource, item, [
    ...withParent(resource, parent),
    ...once(resource, request, reply),
  ])
  if (outcome === repeated) return replay(resource, request)
  if (outcome) throw outcome
  return reply
}

async function read(resource: Resource, request: Request): Promise<Reply> {
  const item = await readItem(resource, itemKey(resource, request))
  if (!item) throw new Problem('not_found')
  const headers = { ETag: etag(item) }
  return isFresh(request, item) ? notModified(headers) : ok(publicView(resource, item), headers)
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
  const item = await updateItem(resource, key, updated, ifMatch(request))
  return ok(publicView(resource, item), { ETag: etag(item) })
}

/** `{}` writes nothing, but answers as any other patch would. */
async function unchanged(resource: Resource, request: Request): Promise<Reply> {
  const item = await readItem(resource, await writableKey(resource, request))
  if (!item) throw new Problem('not_found')
  const revisions = ifMatch(request)
  if (revisions && !revisions.includes(item._rev)) throw new Problem('precondition_failed')
  return ok(publicView(resource, item), { ETag: etag(item) })
}

async function remove(resource: Resource, request: Request): Promise<Reply> {
  await deleteItem(resource, await writableKey(resource, request), ifMatch(request))
  return noContent()
}
