import { hash } from 'node:crypto'
import { remember as rememberAtMost } from '../../model/memoized.ts'
import type { AccessClaims, KeyRecord } from './tokens.ts'

/** What a token said, and the key that its signature was verified with. */
interface Verified {
  readonly claims: AccessClaims
  readonly key: KeyRecord
}

const maxRemembered = 1000

/** By the token's SHA-256, so that no token is kept. */
const remembered = new Map<string, Verified>()

/** What a token is remembered by. */
export function digest(token: string): string {
  return hash('sha256', token, 'base64')
}

/**
 * What was verified of exactly this token before. A signature does not change; whether its key,
 * the issuer and the time still are right is for the caller to check.
 */
export function recall(digest: string): Verified | undefined {
  return remembered.get(digest)
}

/** Remembers a verified token; the oldest gives way. */
export function remember(digest: string, verified: Verified): void {
  rememberAtMost(remembered, maxRemembered, digest, verified)
}
