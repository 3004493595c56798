import { changeAccount, readAccount } from './accounts/account-changes.ts'
import type { Account } from './accounts/accounts.ts'
import { endAll, endedEvents } from './accounts/end-all.ts'
import { endOneSession, listSessions, renewProof } from './accounts/sessions.ts'
import { refuseContextWords } from './auth/passwords/password-rules.ts'
import { hashPassword, verifyPassword } from './auth/passwords/passwords.ts'
import { limitAttempt } from './auth/throttle.ts'
import { shortListReply } from './crud/short-list.ts'
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
type SignedIn<Body = unknown, Query = unknown> = Request<Body, Query, Principal>

export const handler = pipeline([
  bind(routes.listSessions, list),
  bind(routes.endSession, endOne),
  bind(routes.endSessions, endThemAll),
  bind(routes.changePassword, changePassword),
  bind(routes.reauthenticate, reauthenticate),
])

function list(request: SignedIn): Promise<Reply> {
  const { userId, sessionId: own } = request.principal
  return shortListReply(
    request,
    () => listSessions(userId),
    (session) => ({
      id: session.sessionId,
      createdAt: session.createdAt,
      lastUsedAt: session.lastUsedAt,
      expiresAt: session.expiresAt,
      userAgent: session.userAgent,
      ip: session.ip,
      lastUserAgent: session.lastUserAgent ?? session.userAgent,
      lastIp: session.lastIp ?? session.ip,
      current: session.sessionId === own,
    }),
  )
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

async function endThemAll(request: SignedIn<unknown, { keep?: 'current' | undefined }>) {
  const { userId, sessionId } = request.principal
  const ended = await endAll(userId, request.query.keep && sessionId)
  for (const [event, count] of endedEvents(ended))
    securityEvent(event, request, { userId, sessionId, count })
  return noContent()
}

/** The password once more, so that the session is fresh again. */
async function reauthenticate(
  request: SignedIn<BodyOf<typeof routes.reauthenticate>>,
): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const subject = { userId, sessionId }
  await verifiedPassword(request, request.body.password, 'reauthentication')
  if (!(await renewProof(userId, sessionId))) throw new Problem('unauthorized')
  securityEvent('reauthenticated', request, subject)
  return noContent()
}

async function changePassword(
  request: SignedIn<BodyOf<typeof routes.changePassword>>,
): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const { currentPassword, newPassword } = request.body
  const subject = { userId, sessionId }
  const { user, credentials } = await verifiedPassword(request, currentPassword, 'password')
  refuseContextWords(user, newPassword, '/newPassword')
  const hash = await hashPassword(newPassword)
  const { ended } = await changeAccount(
    userId,
    { hash },
    { spared: sessionId, verified: credentials.hash },
  )
  securityEvent('password_changed', request, subject)
  for (const [event, count] of endedEvents(ended))
    securityEvent(event, request, { ...subject, count })
  return noContent()
}

/**
 * Wrong tries are counted by session: a signed-in device has a budget of its own here as it has at
 * login, so that nobody who floods the account keeps its owner from changing the password.
 */
async function verifiedPassword(
  request: SignedIn,
  password: string,
  event: 'password' | 'reauthentication',
): Promise<Account> {
  const { userId, sessionId } = request.principal
  const subject = { userId, sessionId }
  const attempt = await limitAttempt([{ budget: 'device', of: [userId, sessionId] }], (budget) =>
    securityEvent(`${event}_throttled`, request, { ...subject, budget }),
  )
  const account = await retryOnConflict(() => readAccount(userId))
  if (!(await verifyPassword(password, account.credentials.hash))) {
    securityEvent(`${event}_refused`, request, subject)
    throw new Problem('wrong_password')
  }
  await attempt.succeeded()
  return account
}
