import { ok, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { ListQuery } from '../model/operations.ts'
import type { Keyed } from '../store/layout.ts'
import { type List, openCursor, sealCursor } from './cursor.ts'

/** What a request asks of a list. */
export interface ListRequest {
  readonly list: List
  readonly limit: number
  readonly filters: Readonly<Record<string, unknown>>
  /** Items older than the one with this sequence; undefined for the newest. */
  readonly before: string | undefined
}

/** @throws Problem 400 for a cursor that is not one of this list and caller */
export async function parseListRequest(resource: Keyed, request: Request): Promise<ListRequest> {
  const { limit, cursor, ...filters } = request.query as ListQuery
  const list = { resource, path: request.path(), filters, userId: request.principal?.userId }
  const before = cursor === undefined ? undefined : await openCursor(list, cursor)
  return { list, limit, filters, before }
}

/**
 * A page of a list, with the cursor of the next in the body and in Link (RFC 8288).
 * @param next the sequence to continue before; null at the end
 */
export async function pageReply(
  { list, limit, filters }: ListRequest,
  { root, path }: Request,
  items: readonly unknown[],
  next: string | null,
): Promise<Reply> {
  if (next === null) return ok({ items, nextCursor: null })
  const nextCursor = await sealCursor(list, next)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...filters, limit, cursor: nextCursor }))
    query.set(name, String(value))
  const link = `<${root}${path()}?${query}>; rel="next"`
  return ok({ items, nextCursor }, { Link: link })
}
