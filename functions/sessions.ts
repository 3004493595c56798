import { changeAccount, readAccount } from './accounts/account-changes.ts'
import { deleteSession, endAllSessions, endOneSession, listSessions } from './accounts/sessions.ts'
import { refuseContextWords } from './auth/passwords/password-rules.ts'
import { hashPassword, verifyPassword } from './auth/passwords/passwords.ts'
import { limitAttempt } from './auth/throttle.ts'
import { pageReply, parseListRequest } from './crud/page.ts'
import { bind } from './http/binding.ts'
import { pipeline } from './http/pipeline.ts'
import type { Principal } from './http/principal.ts'
import { noContent, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { securityEvent } from './invocation/security-events.ts'
import { id } from './model/fields.ts'
import { once } from './model/memoized.ts'
import { Problem } from './model/problems.ts'
import type { BodyOf } from './model/route.ts'
import * as routes from './routes/session-routes.ts'
import { retryOnConflict } from './store/dynamodb.ts'

const generatedId = once(id)
/** Sessions are no resource, but their list has cursors as those have. */
const table = {
  ...{ name: 'sessions', key: 'sessionId', parent: { param: 'userId' } },
  ...{ indexes: [], lookups: [] },
} as const

type SignedIn<Body = unknown, Query = unknown> = Request<Body, Query, Principal>

export const handler = pipeline([
  bind(routes.logout, logout),
  bind(routes.listSessions, list),
  bind(routes.endSession, endOne),
  bind(routes.endSessions, endAll),
  bind(routes.changePassword, changePassword),
])

async function logout(request: SignedIn): Promise<Reply> {
  const { userId, sessionId } = request.principal
  await deleteSession(userId, sessionId)
  securityEvent('session_ended', request, { userId, sessionId })
  return noContent()
}

async function list(request: SignedIn): Promise<Reply> {
  const { userId, sessionId: own } = request.principal
  const listRequest = await parseListRequest(table, request)
  const all = await listSessions(userId)
  const { after } = listRequest
  const older = all.filter(({ sessionId }) => !after || sessionId < after)
  const sessions = older.slice(0, listRequest.limit)
  const items = sessions.map((session) => ({
    id: session.sessionId,
    createdAt: session.createdAt,
    lastUsedAt: session.lastUsedAt,
    expiresAt: session.expiresAt,
    userAgent: session.userAgent,
    ip: session.ip,
    lastUserAgent: session.lastUserAgent ?? session.userAgent,
    lastIp: session.lastIp ?? session.ip,
    current: session.sessionId === own,
  }))
  const next = older.length > listRequest.limit ? (sessions.at(-1)?.sessionId ?? null) : null
  return pageReply(listRequest, request, items, next)
}

async function endOne(request: SignedIn): Promise<Reply> {
  const { userId } = request.principal
  const { sessionId = '' } = request.params
  const ended =
    generatedId().safeParse(sessionId).success && (await endOneSession(userId, sessionId))
  if (!ended) throw new Problem('not_found')
  securityEvent('session_ended', request, { userId, sessionId })
  return noContent()
}

async function endAll(request: SignedIn<unknown, { keep?: 'current' | undefined }>) {
  const { userId, sessionId } = request.principal
  const count = await endAllSessions(userId, request.query.keep && sessionId)
  securityEvent('sessions_ended', request, { userId, sessionId, count })
  return noContent()
}

/**
 * Wrong tries are counted by session: a signed-in device has a budget of its own here as it has at
 * login, so that nobody who floods the account keeps its owner from changing the password.
 */
async function changePassword(
  request: SignedIn<BodyOf<typeof routes.changePassword>>,
): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const { currentPassword, newPassword } = request.body
  const subject = { userId, sessionId }
  const attempt = await limitAttempt([{ budget: 'device', of: [userId, sessionId] }], (budget) =>
    securityEvent('password_throttled', request, { ...subject, budget }),
  )
  const { user, credentials } = await retryOnConflict(() => readAccount(userId))
  if (!(await verifyPassword(currentPassword, credentials.hash))) {
    securityEvent('password_refused', request, subject)
    throw new Problem('wrong_password')
  }
  await attempt.succeeded()
  refuseContextWords(user, newPassword, '/newPassword')
  const hash = await hashPassword(newPassword)
  const { ended } = await changeAccount(
    userId,
    { hash },
    { spared: sessionId, verified: credentials.hash },
  )
  securityEvent('password_changed', request, subject)
  if (ended > 0) securityEvent('sessions_ended', request, { ...subject, count: ended })
  return noContent()
}
