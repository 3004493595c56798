import { begun, type KeyRing, type MacKey, sessionMaxSeconds } from '../auth/keys/key-ring.ts'
import { seal, unseal } from '../auth/tokens/opaque-tokens.ts'
import { signAccessToken } from '../auth/tokens/tokens.ts'
import { required, requiredInteger, variables } from '../config/environment.ts'
import type { Session } from './sessions.ts'

/** How long a session lasts without a refresh, seconds. */
const sessionIdleSeconds = 30 * 24 * 60 * 60

/** The part of the token response (RFC 6749 section 5.1) that login and refresh share. */
export interface Tokens {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly refresh_token: string
  readonly scope: string
}

/**
 * The tokens of a session as it stands; the access token has fewer scopes where fewer are asked
 * for. The refresh token is a function of session, generation and the session's MAC key, so that
 * whoever asks for the same generation gets the same one.
 */
export async function sessionTokens(
  session: Session,
  issuer: string,
  ring: KeyRing,
  key: MacKey,
  scope = session.scope,
): Promise<Tokens> {
  const { userId, sessionId, generation, role, cookie } = session
  const now = Math.floor(Date.now() / 1000)
  const exp = Math.min(now + requiredInteger(variables.tokenLifetime), session.ttl)
  const audience = required(variables.audience)
  const access_token = await signAccessToken(begun(ring.signing), {
    iss: issuer,
    aud: audience,
    client_id: audience,
    sub: userId,
    sid: sessionId,
    exp,
    auth_time: provedAt(session),
    scope,
    role,
  })
  return {
    access_token,
    token_type: 'Bearer',
    expires_in: exp - now,
    refresh_token: seal(
      cookie ? 'cookie' : 'refresh',
      [userId, sessionId, String(generation)],
      key,
    ),
    scope,
  }
}

/** Where a session's refresh token travels: in bodies, or in a cookie alone. */
export type RefreshKind = 'refresh' | 'cookie'

export interface RefreshToken {
  readonly userId: string
  readonly sessionId: string
  readonly generation: number
  readonly key: MacKey
}

/** What a refresh token names; undefined for any string that is not one of ours. */
export function openRefreshToken(
  token: string,
  kind: RefreshKind,
  ring: KeyRing,
): RefreshToken | undefined {
  const opened = unseal(kind, token, ring)
  const [userId, sessionId, generation] = opened?.parts ?? []
  if (!opened || !userId || !sessionId || !generation) return undefined
  return { userId, sessionId, generation: Number(generation), key: opened.key }
}

/** When a session began, milliseconds: its id is a UUIDv7, whose first 48 bits are the time. */
export function createdAt(sessionId: string): number {
  return Number.parseInt(sessionId.replace('-', '').slice(0, 12), 16)
}

/** When the session's user last proved who they are, seconds. */
function provedAt({ sessionId, authTime }: Session): number {
  return authTime ?? Math.floor(createdAt(sessionId) / 1000)
}

/** When a session that is used now ends: sliding, but never beyond its absolute lifetime. */
export function sessionEnd(began: number, now: number) {
  const ttl = Math.floor(
    Math.min(now / 1000 + sessionIdleSeconds, began / 1000 + sessionMaxSeconds),
  )
  return {
    lastUsedAt: new Date(now).toISOString(),
    expiresAt: new Date(ttl * 1000).toISOString(),
    ttl,
  }
}
