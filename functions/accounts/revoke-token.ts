import { parseApiKey } from '../auth/tokens/api-key.ts'
import { ringOf } from '../auth/tokens/opaque-tokens.ts'
import { readPresented } from './api-key-rows.ts'
import { endApiKey } from './api-keys.ts'
import { tokenBearer } from './bearer.ts'
import { openRefreshToken } from './session-tokens.ts'
import { endOneSession } from './sessions.ts'

/** What has ended with a token. */
interface Revoked {
  readonly userId: string
  readonly sessionId?: string
  readonly apiKeys?: readonly string[]
}

/**
 * Ends the session or the key of a token, RFC 7009. An access token counts only as long as it would
 * be accepted: it is shown to more parties than a refresh token is.
 * @returns undefined for anything that is not, or no longer, a good token
 */
export async function revokeToken(text: string, issuer: string): Promise<Revoked | undefined> {
  const presented = parseApiKey(text)
  if (presented) {
    const key = await readPresented(presented)
    if (!key) return undefined
    return { userId: key.userId, apiKeys: await endApiKey(key.userId, presented.keyId) }
  }
  const session =
    openRefreshToken(text, 'refresh', await ringOf(text)) ?? (await tokenBearer(text, issuer))
  if (!session || !(await endOneSession(session.userId, session.sessionId))) return undefined
  return { userId: session.userId, sessionId: session.sessionId }
}
