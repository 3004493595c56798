import { isDeepStrictEqual } from 'node:util'
import { precondition } from '../http/etag.ts'
import type { Principal } from '../http/principal.ts'
import { noContent, ok, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { Fields, OwnRoute, OwnRoutes, Resource } from '../model/declaration.ts'
import type { Attributes, ShownItem } from '../store/attributes.ts'
import { ownAnswer } from '../store/failures.ts'
import { type Item, readMatching } from '../store/items.ts'
import { readItemOf, writeItem } from './actions.ts'
import { type BeforeWrite, frozen } from './finish.ts'
import { readInPlace, writableKey, writablePlace } from './ownership.ts'
import { placeOf } from './places.ts'
import { checkReferences } from './references.ts'
import { itemReply, serialize } from './serialize.ts'

/** What a resource's own route is told of the request, which has passed all checks. */
export interface OwnRequest {
  readonly caller: Principal | undefined
  readonly params: Readonly<Record<string, string>>
  readonly body: unknown
}

/**
 * What a resource's own route does. One that changes its item returns the fields to change, and is
 * asked again where somebody else's write came first; any other returns its answer, and is given
 * the item as clients see it.
 */
export type OwnHandler<Loaded> = (item: Loaded, request: OwnRequest) => unknown

/** A handler for each route that the resource declares. */
export type OwnHandlers<Declared extends Fields, Own extends OwnRoutes> = {
  readonly [Name in keyof Own]: OwnHandler<
    Own[Name]['on'] extends 'item' ? ShownItem<Declared> : undefined
  >
}

/** Serves a route of a resource's own with the rules of the operations: owner, parent, revision. */
export async function serveOwnRoute(
  resource: Resource,
  own: OwnRoute,
  handle: OwnHandler<Attributes | undefined>,
  request: Request,
  beforeWrite: BeforeWrite | undefined,
): Promise<Reply> {
  const { principal: caller, params, body } = request
  const ownRequest = { caller: frozen(caller), params, body }
  if (own.on === 'collection') {
    const isRead = own.method === 'GET'
    const place = await (isRead ? placeOf : writablePlace)(resource, request)
    await readInPlace(request, place, Promise.resolve())
    return answered(own, await ownAnswer(handle(undefined, ownRequest)))
  }
  if (own.method === 'GET') {
    const item = serialize(resource, await readItemOf(resource, request))
    return answered(own, await ownAnswer(handle(item, ownRequest)))
  }
  const key = await writableKey(resource, request)
  if (own.answer) {
    const read = await readMatching(resource, key, precondition(resource, request))
    return answered(own, await ownAnswer(handle(serialize(resource, read), ownRequest)))
  }
  const changed = await writeItem(resource, request, key, beforeWrite, async (current) => {
    const changes = (await ownAnswer(handle(structuredClone(current), ownRequest))) as Attributes
    await checkReferences(resource, request, newlySet(resource, current, changes))
    return { fields: { ...current, ...changes }, handled: true }
  })
  return itemReply(resource, changed)
}

/** The fields that get another value; one that does not fit is refused with all that is written. */
function newlySet({ fields }: Resource, current: Item, changes: Attributes | null): Attributes {
  const set = Object.entries(changes ?? {}).flatMap(([name, value]) => {
    const { success, data } = fields[name]?.safeParse(value) ?? { success: false }
    return success && !isDeepStrictEqual(data, current[name]) ? [[name, data]] : []
  })
  return Object.fromEntries(set)
}

/** @throws Error for an answer that does not fit its declaration: it is logged, and never sent */
function answered({ answer }: OwnRoute, given: unknown): Reply {
  if (!answer) return noContent()
  const { success, data, error } = answer().safeParse(given)
  if (!success) throw new Error(`The answer does not fit its declaration: ${error.message}`)
  return ok(data)
}
