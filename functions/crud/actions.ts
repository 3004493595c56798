import { randomUUIDv7 } from 'node:crypto'
import { etag, isFresh, precondition } from '../http/etag.ts'
import { callerOf } from '../http/principal.ts'
import { noContent, notModified, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { Operation, Resource } from '../model/declaration.ts'
import { ownerName, users } from '../model/parents.ts'
import { invalid, Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'
import { defaulted } from '../store/declared.ts'
import type { Step } from '../store/dynamodb.ts'
import {
  createItem,
  deleteItem,
  type Item,
  newItem,
  readMatching,
  updateItem,
} from '../store/items.ts'
import { listItems } from '../store/lists.ts'
import { parentExistsStep } from '../store/parents.ts'
import { type BeforeWrite, type Draft, finished } from './finish.ts'
import { idempotencyStep, replay } from './idempotency.ts'
import { merged } from './merge-patch.ts'
import {
  isHidden,
  isThere,
  readInPlace,
  withoutHidden,
  writableKey,
  writablePlace,
} from './ownership.ts'
import { pageReply, parseListRequest } from './page.ts'
import { itemKey } from './path-keys.ts'
import { type Place, placeOf } from './places.ts'
import { checkReferences } from './references.ts'
import { createdReply, itemReply, serialize } from './serialize.ts'

/** What an operation does; `beforeWrite` is what the function of the resource adds. */
export type Action = (
  resource: Resource,
  request: Request,
  beforeWrite?: BeforeWrite,
) => Promise<Reply>

/** What the six operations do, for any resource. */
export const actions: Record<Operation, Action> = { list, create, read, replace, patch, remove }

async function list(resource: Resource, request: Request): Promise<Reply> {
  const listRequest = await parseListRequest(resource, request)
  const { limit, plan, after } = listRequest
  const place = await placeOf(resource, request)
  const listing = listItems(resource, { parent: place.within, plan, limit, after })
  const page = await readInPlace(request, place, listing)
  const items = await withoutHidden(resource, page.items, request)
  const shown = items.map((item) => serialize(resource, item))
  return pageReply(listRequest, request, shown, page.next)
}

async function create(
  resource: Resource,
  request: Request,
  beforeWrite?: BeforeWrite,
): Promise<Reply> {
  const place = await writablePlace(resource, request)
  const seq = randomUUIDv7()
  const now = new Date().toISOString()
  const fields = request.body as Attributes
  const owner = resource.owner && { [ownerName]: callerOf(request).userId }
  const key = { [resource.key]: resource.naturalKey ? fields[resource.key] : seq }
  const fixed = { ...place.within, ...owner, ...key, createdAt: now, updatedAt: now }
  const caller = request.principal
  const draft = { fields: defaulted(resource.readOnly, fields), fixed }
  let whole: Attributes
  try {
    await checkReferences(resource, request)
    whole = await finished(resource, draft, beforeWrite, { before: undefined, caller })
  } catch (refused) {
    // The request may be a repetition of one that was accepted before.
    const otherwise = (await isThere(request, place)) ? refused : new Problem('not_found')
    return replay(resource, request, place.within, { otherwise })
  }
  const item = newItem(resource, whole, seq)
  const reply = createdReply(resource, item, request.root + request.path())
  const failure = await createItem(resource, item, [
    ...existenceSteps(place, owner),
    ...idempotencyStep(resource, request, place.within, reply),
  ])
  if (failure === 'repeated') return replay(resource, request, place.within)
  if (failure) throw new Problem(failure)
  return reply
}

/** A new item is made only while its parent, or else its owner, who is the caller, is there. */
function existenceSteps(
  { parent, own }: Place,
  owner: Attributes | undefined,
): Step<'not_found' | 'unauthorized'>[] {
  if (parent) return [parentExistsStep(parent, own ? 'unauthorized' : 'not_found')]
  if (!owner) return []
  return [parentExistsStep({ parent: users, key: { id: owner[ownerName] } }, 'unauthorized')]
}

async function read(resource: Resource, request: Request): Promise<Reply> {
  const item = await readItemOf(resource, request)
  const ETag = etag(resource, item)
  return isFresh(request, ETag) ? notModified({ ETag }) : itemReply(resource, item)
}

/** The item that a request names, if the caller may know of it. @throws Problem 404 */
export async function readItemOf(resource: Resource, request: Request): Promise<Item> {
  const key = itemKey(resource, request)
  const place = await placeOf(resource, request)
  const reading = readMatching(resource, { ...place.within, ...key })
  const item = await readInPlace(request, place, reading)
  if (resource.owner === 'readable' && (await isHidden(resource, item, request)))
    throw new Problem('not_found')
  return item
}

async function replace(
  resource: Resource,
  request: Request,
  beforeWrite?: BeforeWrite,
): Promise<Reply> {
  return change(resource, request, beforeWrite, () => request.body as Attributes)
}

/** What the patch does not name stays as it is, its defaults too; `{}` writes nothing. */
async function patch(
  resource: Resource,
  request: Request,
  beforeWrite?: BeforeWrite,
): Promise<Reply> {
  const body = request.body as Attributes
  const empty = Object.keys(body).length === 0
  return change(resource, request, beforeWrite, (current) =>
    empty ? undefined : merged(resource, current, body),
  )
}

/** @param fieldsOf the values of all fields, from the item as it is; undefined changes nothing */
async function change(
  resource: Resource,
  request: Request,
  beforeWrite: BeforeWrite | undefined,
  fieldsOf: (current: Item) => Attributes | undefined,
): Promise<Reply> {
  const key = await writableKey(resource, request)
  const { [resource.key]: name = key[resource.key] } = request.body as Attributes
  if (name !== key[resource.key])
    throw invalid({ pointer: `/${resource.key}`, detail: 'must be the same as in the path' })
  const changed = await writeItem(resource, request, key, beforeWrite, async (current) => {
    const fields = fieldsOf(current)
    if (!fields) return undefined
    await checkReferences(resource, request)
    return { fields: { ...readOnlyOf(resource, current), ...fields } }
  })
  return itemReply(resource, changed)
}

/**
 * Writes an item under the revision that was read, with a new time.
 * @param draftOf its fields from the item as it is, read-only ones too; undefined changes nothing
 */
export async function writeItem(
  resource: Resource,
  request: Request,
  key: Attributes,
  beforeWrite: BeforeWrite | undefined,
  draftOf: (current: Item) => Promise<Omit<Draft, 'fixed'> | undefined>,
): Promise<Item> {
  const shown = Object.keys(resource.item().shape)
  const cleared = Object.fromEntries(shown.map((field) => [field, undefined]))
  const update = async (before: Item) => {
    const made = await draftOf(before)
    if (!made) return undefined
    const { createdAt, [ownerName]: owner } = before
    const updatedAt = new Date().toISOString()
    const fixed = { ...(resource.owner && { [ownerName]: owner }), ...key, createdAt, updatedAt }
    const draft = { ...made, fields: serialize(resource, made.fields), fixed }
    const caller = request.principal
    return { ...cleared, ...(await finished(resource, draft, beforeWrite, { before, caller })) }
  }
  return updateItem(resource, key, update, precondition(resource, request))
}

function readOnlyOf({ readOnly }: Resource, item: Attributes): Attributes {
  return Object.fromEntries(Object.keys(readOnly).map((name) => [name, item[name]]))
}

async function remove(resource: Resource, request: Request): Promise<Reply> {
  await deleteItem(resource, await writableKey(resource, request), precondition(resource, request))
  return noContent()
}
