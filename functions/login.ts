import { randomUUIDv7 } from 'node:crypto'
import { deviceToken } from './auth/device-tokens.ts'
import { issuerOfRequest } from './auth/issuer.ts'
import { keyRing } from './auth/key-ring.ts'
import { credentialsOf, type LoginBody, requestedScope } from './auth/login-request.ts'
import * as routes from './auth/login-routes.ts'
import { sealingKey } from './auth/opaque-tokens.ts'
import { verifyPassword } from './auth/passwords.ts'
import {
  createdAt,
  openRefreshToken,
  type RefreshToken,
  sessionEnd,
  sessionTokens,
} from './auth/session-tokens.ts'
import { normalizedUsername } from './auth/usernames.ts'
import { securityEvent } from './config/security-events.ts'
import { bind, pipeline } from './http/pipeline.ts'
import { Problem } from './http/problems.ts'
import { ok, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { scopesOfRole } from './resources/access.static.ts'
import { readCredentials } from './store/credentials.ts'
import {
  advanceSession,
  deleteSession,
  readSession,
  type Session,
  startSession,
} from './store/sessions.ts'

/** For how long a refresh token that was used answers its successor again, milliseconds. */
const retryWindow = 30_000

export const handler = pipeline([bind(routes.login, login), bind(routes.refresh, refresh)])

async function login(request: Request<LoginBody>): Promise<Reply> {
  const { username, password, scope, device_token } = credentialsOf(request)
  const ring = await keyRing()
  // What no username can be is looked up all the same, under a key that none has.
  const credentials = await readCredentials(normalizedUsername(username) ?? '~')
  const matches = await verifyPassword(password, credentials?.hash)
  if (!credentials || !matches || credentials.disabled) {
    securityEvent('login_failed', request, { userId: credentials?.userId })
    throw new Problem('invalid_credentials')
  }
  const { userId, role } = credentials
  const now = Date.now()
  const session = {
    userId,
    sessionId: randomUUIDv7(),
    generation: 0,
    scope: requestedScope(scope, role, scopesOfRole),
    role,
    userAgent: request.userAgent.slice(0, 256),
    ip: request.address,
    createdAt: new Date(now).toISOString(),
    ...sessionEnd(now, now),
  }
  if (!(await startSession(credentials, session))) throw new Problem('invalid_credentials')
  securityEvent('login_succeeded', request, { userId, sessionId: session.sessionId })
  const key = sealingKey(ring)
  const tokens = await sessionTokens(session, issuerOfRequest(request.gateway), ring, key)
  return ok({ ...tokens, device_token: deviceToken(userId, device_token, ring) })
}

/**
 * One refresh token, one successor: whoever comes first moves the session on, and whoever repeats
 * it in time gets the same answer. Later than that, the token or its successor was stolen.
 */
async function refresh(request: Request<{ refresh_token: string }>): Promise<Reply> {
  const ring = await keyRing()
  const token = openRefreshToken(request.body.refresh_token, ring)
  if (!token) throw new Problem('invalid_grant')
  const now = Date.now()
  const changes = { ...sessionEnd(createdAt(token.sessionId), now), refreshedAt: now }
  const session = (await advanceSession(token, changes)) ?? (await successor(request, token, now))
  return ok(await sessionTokens(session, issuerOfRequest(request.gateway), ring, token.key))
}

/** @throws Problem invalid_grant, after ending the session when its token was used too late */
async function successor(
  request: Request,
  { userId, sessionId, generation }: RefreshToken,
  now: number,
): Promise<Session> {
  const session = await readSession(userId, sessionId)
  if (!session) throw new Problem('invalid_grant')
  const elapsed = now - (session.refreshedAt ?? 0)
  if (session.generation === generation + 1 && elapsed <= retryWindow) return session
  await deleteSession(userId, sessionId)
  securityEvent('refresh_token_reused', request, { userId, sessionId })
  throw new Problem('invalid_grant')
}
