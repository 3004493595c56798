import { randomUUIDv7 } from 'node:crypto'
import { noContent, notModified, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { Operation, Resource } from '../model/declaration.ts'
import { invalid, Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'
import {
  createItem,
  deleteItem,
  type Item,
  newItem,
  readMatching,
  updateItem,
} from '../store/items.ts'
import { listItems } from '../store/lists.ts'
import { parentExistsStep, readUnderParent } from '../store/parents.ts'
import { etag, isFresh, precondition } from './etag.ts'
import { idempotencyStep, replay } from './idempotency.ts'
import { merged } from './merge-patch.ts'
import { writableKey, writableParent } from './ownership.ts'
import { pageReply, parseListRequest } from './page.ts'
import { itemKey, parentKey } from './path-keys.ts'
import { createdReply, itemReply, serialize } from './serialize.ts'

export type Action = (resource: Resource, request: Request) => Promise<Reply>

/** What the six operations do, for any resource. */
export const actions: Record<Operation, Action> = { list, create, read, replace, patch, remove }

async function list(resource: Resource, request: Request): Promise<Reply> {
  const listRequest = await parseListRequest(resource, request)
  const { limit, plan, after } = listRequest
  const parent = parentKey(resource, request)
  const listing = listItems(resource, { parent, plan, limit, after })
  const page = await readUnderParent(resource, parent, listing)
  const items = page.items.map((item) => serialize(resource, item))
  return pageReply(listRequest, request, items, page.next)
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
  const reply = createdReply(resource, item, request.root + request.path())
  const failure = await createItem(resource, item, [
    ...parentExistsStep(resource, parent),
    ...idempotencyStep(resource, request, reply),
  ])
  if (failure === 'repeated') return replay(resource, request)
  if (failure) throw new Problem(failure)
  return reply
}

async function read(resource: Resource, request: Request): Promise<Reply> {
  const key = itemKey(resource, request)
  const item = await readUnderParent(resource, key, readMatching(resource, key))
  return isFresh(request, item) ? notModified({ ETag: etag(item) }) : itemReply(resource, item)
}

async function replace(resource: Resource, request: Request): Promise<Reply> {
  return change(resource, request, () => request.body as Attributes)
}

/** What the patch does not name stays as it is, its defaults too; `{}` writes nothing. */
async function patch(resource: Resource, request: Request): Promise<Reply> {
  const body = request.body as Attributes
  const empty = Object.keys(body).length === 0
  return change(resource, request, (current) =>
    empty ? undefined : merged(resource, current, body),
  )
}

/** @param fieldsOf the values of all fields, from the item as it is; undefined changes nothing */
async function change(
  resource: Resource,
  request: Request,
  fieldsOf: (current: Item) => Attributes | undefined,
): Promise<Reply> {
  const key = await writableKey(resource, request)
  const { [resource.key]: name = key[resource.key] } = request.body as Attributes
  if (name !== key[resource.key])
    throw invalid({ pointer: `/${resource.key}`, detail: 'must be as in the path' })
  const cleared = Object.fromEntries(
    Object.keys(resource.fields).map((field) => [field, undefined]),
  )
  const updated = (current: Item) => {
    const fields = fieldsOf(current)
    return fields && { ...cleared, ...fields, updatedAt: new Date().toISOString() }
  }
  return itemReply(resource, await updateItem(resource, key, updated, precondition(request)))
}

async function remove(resource: Resource, request: Request): Promise<Reply> {
  await deleteItem(resource, await writableKey(resource, request), precondition(request))
  return noContent()
}
