import { credentialsByAddress, normalizedAddress } from './accounts/addresses.ts'
import { keyIdOfRow } from './accounts/api-key-rows.ts'
import { endApiKey } from './accounts/api-keys.ts'
import { beginSession, owesFactor } from './accounts/begin-session.ts'
import { type Challenge, openChallenge } from './accounts/challenges.ts'
import { type Credentials, readCredentials, upgradeHash } from './accounts/credentials.ts'
import { type Refreshed, refreshSession } from './accounts/refresh-session.ts'
import { revokeToken } from './accounts/revoke-token.ts'
import { openRefreshToken, sessionTokens } from './accounts/session-tokens.ts'
import { deleteSession, endOneSession, type Session } from './accounts/sessions.ts'
import { begun, keyRing, ringAge } from './auth/keys/key-ring.ts'
import { hashPassword, matchPassword } from './auth/passwords/passwords.ts'
import {
  type Attempt,
  factorCounters,
  forgiveFailures,
  limitAttempt,
  loginCounters,
} from './auth/throttle.ts'
import { deviceToken, openDeviceToken } from './auth/tokens/device-tokens.ts'
import { issuerOfRequest } from './auth/tokens/issuer.ts'
import { ringOf } from './auth/tokens/opaque-tokens.ts'
import { bind } from './http/binding.ts'
import { clearCookie, requireAllowedOrigin } from './http/cookie.ts'
import { type Form, narrowedScope, needed } from './http/form.ts'
import {
  credentialsOf,
  type LoginBody,
  refuseUnknownScopes,
  requestedScope,
} from './http/login-request.ts'
import { pipeline } from './http/pipeline.ts'
import type { Principal } from './http/principal.ts'
import { ok, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { tokenReply } from './http/token-reply.ts'
import { measure } from './invocation/metrics.ts'
import { securityEvent } from './invocation/security-events.ts'
import { OAuthError } from './model/oauth-error.ts'
import { Problem } from './model/problems.ts'
import type { BodyOf } from './model/route.ts'
import type { Role } from './model/scopes.ts'
import { normalizedUsername } from './model/usernames.ts'
import { scopesOfRole } from './routes/access.static.ts'
import { scopesHeld } from './routes/granted-scope.ts'
import * as routes from './routes/login-routes.ts'
import { revocation, tokenEndpoint } from './routes/oauth-routes.ts'

export const handler = pipeline([
  bind(routes.login, login),
  bind(routes.loginFactor, loginFactor),
  bind(routes.refresh, refresh),
  bind(routes.logout, logout),
  bind(tokenEndpoint, token),
  bind(revocation, revoke),
])

async function login(request: Request<LoginBody>): Promise<Reply> {
  const sent = credentialsOf(request)
  if (sent.cookie) requireAllowedOrigin(request)
  refuseUnknownScopes(sent.scope, scopesOfRole.admin)
  const ring = await keyRing()
  measure('keyAgeDays', ringAge(ring))
  const { who, found } = await sought(sent)
  const opened = openDeviceToken(sent.device_token, ring)
  const device = opened && opened.userId === found?.userId ? opened : undefined
  const attempt = await limitAttempt(
    loginCounters(who, request.address, device && [device.userId, device.device]),
    (budget) => securityEvent('login_throttled', request, { userId: found?.userId, budget }),
  )
  const credentials = await verified(request, sent.password, found)
  // What was counted is forgotten when all is proved.
  if (owesFactor(credentials)) {
    await attempt.half()
    securityEvent('factor_asked', request, { userId: credentials.userId })
  } else await attempt.succeeded()
  const session = await signIn(request, sent, credentials)
  return signedIn(request, session, device?.device)
}

/** The second half of a login. The code is looked at once its try is counted. */
async function loginFactor(request: Request<BodyOf<typeof routes.loginFactor>>): Promise<Reply> {
  const { body, address } = request
  const ring = await ringOf(body.challenge)
  const challenge = openChallenge(body.challenge, ring)
  if (body.cookie ?? challenge?.cookie) requireAllowedOrigin(request)
  const found = challenge && (await readCredentials(challenge.username))
  if (found?.userId !== challenge?.userId || !challenge || !found || found.disabled)
    throw new Problem('invalid_code', 'The challenge is not valid. Sign in again.')
  const { userId, username } = found
  const opened = openDeviceToken(body.device_token, ring)
  const device = opened?.userId === userId ? opened.device : undefined
  const recovers = body.recoveryCode !== undefined
  const attempt = await limitAttempt(factorCounters(userId, device, recovers), (budget) =>
    securityEvent('factor_throttled', request, { userId, budget }),
  )
  const session = await finished(request, challenge, found, attempt)
  await attempt.succeeded()
  await forgiveFailures(loginCounters([username], address, device ? [userId, device] : undefined))
  if (recovers)
    securityEvent('recovery_code_used', request, { userId, sessionId: session.sessionId })
  return signedIn(request, session, device)
}

async function finished(
  request: Request<BodyOf<typeof routes.loginFactor>>,
  challenge: Challenge,
  found: Credentials,
  attempt: Attempt,
): Promise<Session> {
  const { code, recoveryCode, cookie = challenge.cookie } = request.body
  try {
    return await beginSession({
      credentials: found,
      client: request,
      asked: { scope: challenge.scope, cookie },
      grant: granting(request, challenge.scope, found.userId),
      // Whatever makes a proof void makes its challenge void too.
      verify: async (current) => {
        if (current?.userId === found.userId && !current.disabled) return current
        throw new Problem('invalid_code')
      },
      factor: { challenge, proof: { code, recoveryCode } },
    })
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_code')
      securityEvent('factor_failed', request, { userId: found.userId })
    // Only wrong codes count, not a scope that is refused.
    else await attempt.half()
    throw error
  }
}

/** The answer to a login that is complete. */
async function signedIn(
  request: Request,
  session: Session,
  device: string | undefined,
): Promise<Reply> {
  const { userId, sessionId } = session
  securityEvent('login_succeeded', request, { userId, sessionId })
  const ring = await keyRing()
  const key = begun(ring.mac)
  await endCookieSession(request, sessionId)
  const tokens = await sessionTokens(session, issuerOfRequest(request.gateway), ring, key)
  return tokenReply(session, tokens, { device_token: deviceToken(userId, device, key) })
}

/**
 * Whom a login names, and by what its tries are counted. A user's address counts as the name, so
 * that there is one budget for both. Any other has a budget that no name shares: what is counted
 * together would tell which addresses are known.
 */
async function sought({ username = '', email }: LoginBody) {
  if (email !== undefined) {
    const found = await credentialsByAddress(email)
    return { who: found ? [found.username] : ['email', normalizedAddress(email)], found }
  }
  // Impossible usernames are looked up too, under a key that no user has: same work, same time.
  const name = normalizedUsername(username)
  return { who: [name ?? username], found: await readCredentials(name ?? '~') }
}

/**
 * A sign-in or sign-out that brings a cookie ends the cookie's session too: it would be left
 * behind.
 */
async function endCookieSession(request: Request, besides: string): Promise<void> {
  if (request.cookie === undefined) return
  const left = openRefreshToken(request.cookie, 'cookie', await ringOf(request.cookie))
  if (!left || left.sessionId === besides) return
  const { userId, sessionId } = left
  if (await endOneSession(userId, sessionId))
    securityEvent('session_ended', request, { userId, sessionId })
}

async function logout(request: Request<unknown, unknown, Principal>): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const apiKey = keyIdOfRow(sessionId)
  await endCookieSession(request, sessionId)
  let hadCookie = request.cookie !== undefined
  if (apiKey === undefined) {
    const ended = await deleteSession(userId, sessionId)
    securityEvent('session_ended', request, { userId, sessionId })
    hadCookie ||= ended?.cookie === true
  } else
    for (const key of await endApiKey(userId, apiKey))
      securityEvent('api_key_ended', request, { userId, sessionId, key })
  return { status: 204, ...(hadCookie && { headers: clearCookie() }) }
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

/**
 * Renews a hash that would be made differently now, and begins the session. The hash comes first:
 * where a second factor is owed, no session begins here, and its login has no password.
 */
async function signIn(
  request: Request,
  { password, scope, cookie = false }: LoginBody,
  found: Verified,
): Promise<Session> {
  const credentials = found.outdated
    ? await upgradeHash(found, await hashPassword(password))
    : found
  return beginSession({
    credentials,
    client: request,
    asked: { scope, cookie },
    grant: granting(request, scope, found.userId),
    verify: (current) => verified(request, password, current),
  })
}

/** The requested scopes, as far as a role has them. */
function granting(request: Request, scope: string | undefined, userId: string) {
  return (role: Role) =>
    requestedScope(scope, scopesHeld(role), () =>
      securityEvent('login_refused_scope', request, { userId }),
    )
}

async function refresh(request: Request<{ refresh_token: string } | undefined>): Promise<Reply> {
  const { body, cookie } = request
  const refreshed = body
    ? await refreshSession(body.refresh_token, 'refresh', request)
    : cookie && (await refreshSession(cookie, 'cookie', request))
  if (!refreshed) throw new Problem('invalid_grant')
  return tokenReply(refreshed.session, await tokensOf(request, refreshed))
}

/** RFC 6749 section 6. Fewer scopes are those of this access token alone. */
async function token(request: Request<Form>): Promise<Reply> {
  const { body } = request
  if (needed(body, 'grant_type') !== 'refresh_token')
    throw new OAuthError('unsupported_grant_type', 'The grant type must be refresh_token.')
  const admit = ({ scope }: Session) => narrowedScope(body.scope, scope)
  const text = needed(body, 'refresh_token')
  const refreshed = await refreshSession(text, 'refresh', request, body.scope ? admit : undefined)
  if (!refreshed) throw new OAuthError('invalid_grant', 'The refresh token is not valid.')
  const scope = narrowedScope(body.scope, refreshed.session.scope)
  // RFC 6749 section 5.1.
  return ok(await tokensOf(request, refreshed, scope), { Pragma: 'no-cache' })
}

async function tokensOf(request: Request, { session, ring, token }: Refreshed, scope?: string) {
  return sessionTokens(session, issuerOfRequest(request.gateway), ring, token.key, scope)
}

/** RFC 7009. */
async function revoke(request: Request<Form>): Promise<Reply> {
  const text = needed(request.body, 'token')
  const revoked = await revokeToken(text, issuerOfRequest(request.gateway))
  if (revoked?.sessionId) {
    const { userId, sessionId } = revoked
    securityEvent('session_ended', request, { userId, sessionId })
  }
  for (const key of revoked?.apiKeys ?? [])
    securityEvent('api_key_ended', request, { userId: revoked?.userId, key })
  return { status: 200 }
}
