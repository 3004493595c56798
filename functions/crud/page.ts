import { ok, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { Resource } from '../model/declaration.ts'
import { type ListPlan, planList } from '../model/list-plan.ts'
import type { ListQuery } from '../model/list-query.ts'
import { formOf, type Keyed } from '../store/layout.ts'
import { type List, openCursor, sealCursor } from './cursor.ts'

/** What a request asks of a list. */
export interface ListRequest {
  readonly list: List
  readonly limit: number
  readonly plan: ListPlan
  /** The place that the previous page ended with; undefined for the first. */
  readonly after: string | undefined
}

/** @throws Problem 400 for what no index answers, and for another list's or caller's cursor */
export async function parseListRequest(
  resource: Keyed & Pick<Resource, 'fields' | 'indexes' | 'lookups'>,
  request: Request,
): Promise<ListRequest> {
  const { limit, cursor, ...asked } = request.query as ListQuery
  const plan = planList(resource, asked)
  const sort = plan.index?.sort
  const form = sort && formOf(resource, sort)
  // Where no order is asked for, an exact value has chosen the index.
  const order = plan.range.equal === undefined ? form : `${sort} ${form}`
  const userId = request.principal?.userId
  const list = { resource, path: request.path(), asked, order, userId }
  const after = cursor === undefined ? undefined : await openCursor(list, cursor)
  return { list, limit, plan, after }
}

/**
 * A page of a list, with the cursor of the next in the body and in Link (RFC 8288).
 * @param next the place to continue after; null at the end
 */
export async function pageReply(
  { list, limit }: ListRequest,
  { root, path }: Request,
  items: readonly unknown[],
  next: string | null,
): Promise<Reply> {
  if (next === null) return ok({ items, nextCursor: null })
  const nextCursor = await sealCursor(list, next)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...list.asked, limit, cursor: nextCursor }))
    query.set(name, String(value))
  const link = `<${root}${path()}?${query}>; rel="next"`
  return ok({ items, nextCursor }, { Link: link })
}
