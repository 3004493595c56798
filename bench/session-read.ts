import { readSession } from '../functions/accounts/sessions.ts'

/** The one read that each request pays for revocation at once, by itself. */
export function handler({ userId, sessionId }: { userId: string; sessionId: string }) {
  return readSession(userId, sessionId)
}
