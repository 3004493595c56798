import { beginSession, shownUserAgent } from './accounts/begin-session.ts'
import { type Credentials, readCredentials, upgradeHash } from './accounts/credentials.ts'
import {
  createdAt,
  openRefreshToken,
  type RefreshToken,
  sessionEnd,
  sessionTokens,
} from './accounts/session-tokens.ts'
import { advanceSession, deleteSession, readSession, type Session } from './accounts/sessions.ts'
import { begun, keyRing, ringAge } from './auth/keys/key-ring.ts'
import { hashPassword, matchPassword } from './auth/passwords/passwords.ts'
import { limitAttempt, loginCounters } from './auth/throttle.ts'
import { deviceToken, openDeviceToken } from './auth/tokens/device-tokens.ts'
import { issuerOfRequest } from './auth/tokens/issuer.ts'
import { ringOf } from './auth/tokens/opaque-tokens.ts'
import { bind } from './http/binding.ts'
import {
  credentialsOf,
  type LoginBody,
  refuseUnknownScopes,
  requestedScope,
} from './http/login-request.ts'
import { pipeline } from './http/pipeline.ts'
import { ok, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { measure } from './invocation/metrics.ts'
import { securityEvent } from './invocation/security-events.ts'
import { Problem } from './model/problems.ts'
import { normalizedUsername } from './model/usernames.ts'
import { scopesOfRole } from './routes/access.static.ts'
import * as routes from './routes/login-routes.ts'

/** For how long a refresh token that was used answers its successor again, milliseconds. */
const retryWindow = 30_000

export const handler = pipeline([bind(routes.login, login), bind(routes.refresh, refresh)])

async function login(request: Request<LoginBody>): Promise<Reply> {
  const sent = credentialsOf(request)
  refuseUnknownScopes(sent.scope, scopesOfRole)
  const ring = await keyRing()
  measure('keyAgeDays', ringAge(ring))
  // Impossible usernames are looked up too, under a key that no user has: same work, same time.
  const name = normalizedUsername(sent.username) ?? '~'
  const found = await readCredentials(name)
  const opened = openDeviceToken(sent.device_token, ring)
  const device = opened && opened.userId === found?.userId ? opened : undefined
  const attempt = await limitAttempt(
    loginCounters(sent.username, request.address, device && [device.userId, device.device]),
    (budget) => securityEvent('login_throttled', request, { userId: found?.userId, budget }),
  )
  const credentials = await verified(request, sent.password, found)
  await attempt.succeeded()
  const session = await signIn(request, sent, credentials)
  const { userId, sessionId } = session
  securityEvent('login_succeeded', request, { userId, sessionId })
  const key = begun(ring.mac)
  const tokens = await sessionTokens(session, issuerOfRequest(request.gateway), ring, key)
  return ok({ ...tokens, device_token: deviceToken(userId, device?.device, key) })
}

/** Credentials whose password was right, and whether their hash is to be made anew. */
type Verified = Credentials & { readonly outdated: boolean }

/** @throws Problem invalid_credentials, which tells nothing of why */
async function verified(
  request: Request,
  password: string,
  credentials: Credentials | undefined,
): Promise<Verified> {
  const match = await matchPassword(password, credentials?.hash)
  if (credentials && match && !credentials.disabled)
    return { ...credentials, outdated: match === 'outdated' }
  securityEvent('login_failed', request, { userId: credentials?.userId })
  throw new Problem('invalid_credentials')
}

/** Begins the session, and renews a hash that would be made otherwise now. */
async function signIn(
  request: Request,
  { password, scope }: LoginBody,
  found: Verified,
): Promise<Session> {
  const { session, credentials } = await beginSession({
    credentials: found,
    device: request,
    grant: (role) =>
      requestedScope(scope, role, scopesOfRole, () =>
        securityEvent('login_refused_scope', request, { userId: found.userId }),
      ),
    verify: (current) => verified(request, password, current),
  })
  if (found.outdated) await upgradeHash(credentials, await hashPassword(password))
  return session
}

/**
 * One refresh token, one successor: whoever comes first moves the session on, and whoever repeats
 * it in time gets the same answer. Later than that, the token or its successor was stolen.
 */
async function refresh(request: Request<{ refresh_token: string }>): Promise<Reply> {
  const ring = await ringOf(request.body.refresh_token)
  const token = openRefreshToken(request.body.refresh_token, ring)
  if (!token) throw new Problem('invalid_grant')
  const now = Date.now()
  const changes = {
    ...sessionEnd(createdAt(token.sessionId), now),
    refreshedAt: now,
    lastUserAgent: shownUserAgent(request),
    lastIp: request.address,
  }
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
  if (session.generation === generation + 1 && elapsed <= retryWindow) {
    // Two tabs, or two people: only their addresses tell, and only the user knows them.
    if ((session.lastIp ?? session.ip) !== request.address)
      securityEvent('refresh_repeated_elsewhere', request, { userId, sessionId })
    return session
  }
  await deleteSession(userId, sessionId)
  securityEvent('refresh_token_reused', request, { userId, sessionId })
  throw new Problem('invalid_grant')
}
