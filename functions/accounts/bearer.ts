import { findVerificationKey } from '../auth/keys/verification-keys.ts'
import { type AccessClaims, keyIdOf, verifyAccessToken } from '../auth/tokens/tokens.ts'
import { required, variables } from '../config/environment.ts'
import type { Role } from '../model/scopes.ts'
import type { ApiKey } from './api-key-rows.ts'
import { readSession } from './sessions.ts'

/** What a good access token or API key stands for. */
export interface Bearer {
  readonly userId: string
  /** The row that it stands on: a session's, or a key's. */
  readonly sessionId: string
  readonly role: Role
  /** The scope that it claims itself, and that of its row: it may do what both allow. */
  readonly claimed: string
  readonly granted: string
  /** When it began and ends, seconds; a key may have no end. */
  readonly iat: number
  readonly exp: number | undefined
  /** When its user last proved who they are, seconds; a key never does. */
  readonly authTime: number | undefined
}

/**
 * The bearer of an access token whose signature and claims are good and whose session's row exists.
 */
export async function tokenBearer(token: string, issuer: string): Promise<Bearer | undefined> {
  const claims = await verified(token, issuer)
  const session = claims && (await readSession(claims.sub, claims.sid))
  if (!session) return undefined
  const { userId, sessionId, role, authTime = 0 } = session
  const { scope: claimed, iat, exp } = claims
  return { userId, sessionId, role, claimed, granted: session.scope, iat, exp, authTime }
}

/** The bearer of a key that is good. */
export function keyBearer({ userId, sessionId, role, scope, createdAt, ttl }: ApiKey): Bearer {
  const iat = Math.floor(Date.parse(createdAt) / 1000)
  const scopes = { claimed: scope, granted: scope }
  return { userId, sessionId, role, ...scopes, iat, exp: ttl, authTime: undefined }
}

async function verified(token: string, issuer: string): Promise<AccessClaims | undefined> {
  const keyId = keyIdOf(token)
  const key = keyId === undefined ? undefined : await findVerificationKey(keyId)
  if (!key) return undefined
  try {
    return await verifyAccessToken(token, key, { issuer, audience: required(variables.audience) })
  } catch (error) {
    // Lambda's own log will do: Powertools' logger would be a tenth of what a cold start loads.
    // biome-ignore lint/suspicious/noConsole: see above
    console.debug({ message: 'token refused', reason: (error as Error).message })
    return undefined
  }
}
