import { readSession } from '../functions/accounts/sessions.ts'

/** The read that each request makes so that revocation takes effect at once, alone. */
export function handler({ userId, sessionId }: { userId: string; sessionId: string }) {
  return readSession(userId, sessionId)
}
