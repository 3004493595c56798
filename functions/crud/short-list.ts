import type { Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import { pageReply, parseListRequest } from './page.ts'

/** Sessions and API keys are no resources, but their lists have cursors as those have. */
const table = {
  name: 'sessions',
  key: 'sessionId',
  parent: { param: 'userId' },
  fields: {},
  indexes: [],
  lookups: [],
} as const

/** A page of a list that is so short that it is read whole, newest first. */
export async function shortListReply<Row extends { readonly sessionId: string }>(
  request: Request,
  read: () => Promise<readonly Row[]>,
  shown: (row: Row) => unknown,
): Promise<Reply> {
  const listRequest = await parseListRequest(table, request)
  const { after, limit } = listRequest
  const older = (await read()).filter(({ sessionId }) => !after || sessionId < after)
  const rows = older.slice(0, limit)
  const next = older.length > limit ? (rows.at(-1)?.sessionId ?? null) : null
  return pageReply(listRequest, request, rows.map(shown), next)
}
