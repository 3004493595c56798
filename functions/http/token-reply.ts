import type { Tokens } from '../accounts/session-tokens.ts'
import type { Session } from '../accounts/sessions.ts'
import { setCookie } from './cookie.ts'
import { ok, type Reply } from './replies.ts'

/** The tokens of a session; if it has a cookie, the refresh token is in that, and in no body. */
export function tokenReply(session: Session, tokens: Tokens, more: object = {}): Reply {
  if (!session.cookie) return ok({ ...tokens, ...more })
  const { refresh_token, ...shown } = tokens
  const seconds = session.ttl - Math.floor(Date.now() / 1000)
  return ok({ ...shown, ...more }, setCookie(refresh_token, seconds))
}
