import type { KeyRing } from '../auth/keys/key-ring.ts'
import { ringOf } from '../auth/tokens/opaque-tokens.ts'
import { type Source, securityEvent } from '../invocation/security-events.ts'
import { type ClientPlace, shownUserAgent } from './begin-session.ts'
import {
  createdAt,
  openRefreshToken,
  type RefreshKind,
  type RefreshToken,
  sessionEnd,
} from './session-tokens.ts'
import { advanceSession, deleteSession, readSession, type Session } from './sessions.ts'

/** How long a refresh token that was used still gives its successor again, milliseconds. */
const retryWindow = 30_000

/** A session that was moved on, and what makes its tokens. */
export interface Refreshed {
  readonly session: Session
  readonly ring: KeyRing
  readonly token: RefreshToken
}

/**
 * One refresh token, one successor: whoever comes first moves the session on, and whoever repeats
 * it in time gets the same answer. Later than that, the token or its successor was stolen, and the
 * session ends.
 * @param admit looks at the session before it is moved on, where the request depends on it
 * @returns undefined for a token that is not, or no longer, good
 */
export async function refreshSession(
  text: string,
  kind: RefreshKind,
  client: ClientPlace & Source,
  admit?: (session: Session) => void,
): Promise<Refreshed | undefined> {
  const ring = await ringOf(text)
  const token = openRefreshToken(text, kind, ring)
  if (!token) return undefined
  if (admit) {
    const current = await readSession(token.userId, token.sessionId)
    if (!current) return undefined
    // A token that has been used already gets no answer about scopes: it ends the session below.
    if (isGood(token, current, Date.now())) admit(current)
  }
  const now = Date.now()
  const attributes = {
    ...sessionEnd(createdAt(token.sessionId), now),
    refreshedAt: now,
    lastUserAgent: shownUserAgent(client),
    lastIp: client.address,
  }
  const session = (await advanceSession(token, attributes)) ?? (await successor(client, token, now))
  return session && { session, ring, token }
}

/** Whether the token is the session's present one, or was until a moment ago. */
function isGood({ generation }: Pick<RefreshToken, 'generation'>, session: Session, now: number) {
  const elapsed = now - (session.refreshedAt ?? 0)
  if (session.generation === generation) return true
  return session.generation === generation + 1 && elapsed <= retryWindow
}

async function successor(
  client: ClientPlace & Source,
  { userId, sessionId, generation }: RefreshToken,
  now: number,
): Promise<Session | undefined> {
  const session = await readSession(userId, sessionId)
  if (!session) return undefined
  if (isGood({ generation }, session, now)) {
    // Two tabs, or two people: only the addresses tell which, and only the user knows them.
    if ((session.lastIp ?? session.ip) !== client.address)
      securityEvent('refresh_repeated_elsewhere', client, { userId, sessionId })
    return session
  }
  await deleteSession(userId, sessionId)
  securityEvent('refresh_token_reused', client, { userId, sessionId })
  return undefined
}
