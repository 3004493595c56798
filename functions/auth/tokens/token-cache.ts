import { hash } from 'node:crypto'
import { remember } from '../../model/memoized.ts'

interface TokenCache<Verified> {
  /**
   * What was verified before for exactly this token. A signature does not change; whether its key,
   * the issuer and the time still are right is for the caller to check.
   */
  readonly recall: (token: string) => Verified | undefined
  /** Remembers a verified token; the oldest gives way. */
  readonly remember: (token: string, verified: Verified) => void
}

/** A cache of at most `max` tokens, by their SHA-256, so that no token is kept. */
export function tokenCache<Verified>(max: number): TokenCache<Verified> {
  const entries = new Map<string, Verified>()
  return {
    recall: (token) => entries.get(digest(token)),
    remember: (token, verified) => remember(entries, max, digest(token), verified),
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64')
}
