import { changeAccount } from './accounts/account-changes.ts'
import { endAll, endedEvents } from './accounts/end-all.ts'
import { endOneSession, listSessions } from './accounts/sessions.ts'
import { refuseContextWords } from './auth/passwords/password-rules.ts'
import { hashPassword, verifyPassword } from './auth/passwords/passwords.ts'
import { generatedId } from './crud/path-keys.ts'
import { shortListReply } from './crud/short-list.ts'
import { bind } from './http/binding.ts'
import { pipeline } from './http/pipeline.ts'
import { byCaller, type Principal } from './http/principal.ts'
import { noContent, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { verifiedPassword } from './http/verified-password.ts'
import { securityEvent } from './invocation/security-events.ts'
import { Problem } from './model/problems.ts'
import type { BodyOf } from './model/route.ts'
import * as routes from './routes/session-routes.ts'

type SignedIn<Body = unknown, Query = unknown> = Request<Body, Query, Principal>

export const handler = pipeline([
  bind(routes.listSessions, list),
  bind(routes.endSession, endOne),
  bind(routes.endSessions, endThemAll),
  bind(routes.changePassword, changePassword),
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

async function changePassword(
  request: SignedIn<BodyOf<typeof routes.changePassword>>,
): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const { currentPassword, newPassword } = request.body
  const subject = { userId, sessionId }
  const { user, credentials } = await verifiedPassword(request, currentPassword, 'password')
  refuseContextWords(user, newPassword, '/newPassword')
  const hash = await hashPassword(newPassword)
  // A login may have renewed the hash meanwhile.
  const verified = async (current: string) =>
    current === credentials.hash || verifyPassword(currentPassword, current)
  const { ended } = await byCaller(changeAccount(userId, { hash }, { spared: sessionId, verified }))
  securityEvent('password_changed', request, subject)
  for (const [event, count] of endedEvents(ended))
    securityEvent(event, request, { ...subject, count })
  return noContent()
}
