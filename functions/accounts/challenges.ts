import { randomBytes } from 'node:crypto'
import { begun, type KeyRing } from '../auth/keys/key-ring.ts'
import { seal, unseal } from '../auth/tokens/opaque-tokens.ts'
import { tableName } from '../config/environment.ts'
import type { Step } from '../store/dynamodb.ts'
import { missing } from '../store/expressions.ts'

/** How long a challenge is good, seconds. */
export const challengeSeconds = 300

/**
 * What a right password gives where a second factor is owed: it says who may go on, and what the
 * session is to begin with. It is sealed, not stored.
 */
export interface Challenge {
  readonly userId: string
  /** The name that the credentials are found by. */
  readonly username: string
  /** That of the factors; it changes with whatever ends sessions. */
  readonly revision: string
  /** The scopes that were asked for; whether the role has them is told after the factor. */
  readonly scope: string | undefined
  /** The refresh token is to travel in a cookie. */
  readonly cookie: boolean
  readonly nonce: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

export function sealChallenge(
  challenge: Omit<Challenge, 'nonce' | 'expiresAt'>,
  ring: KeyRing,
): string {
  const { userId, username, revision, scope, cookie } = challenge
  const nonce = randomBytes(12).toString('base64url')
  const expiresAt = Math.floor(Date.now() / 1000) + challengeSeconds
  const asked = { username, scope, cookie }
  const packed = Buffer.from(JSON.stringify(asked)).toString('base64url')
  const parts = [userId, revision, nonce, String(expiresAt), packed]
  return seal('challenge', parts, begun(ring.mac))
}

/** Undefined for any text that is not one of ours, and for one that has expired. */
export function openChallenge(text: string, ring: KeyRing): Challenge | undefined {
  const [userId, revision, nonce, expiry, packed] = unseal('challenge', text, ring)?.parts ?? []
  if (!userId || revision === undefined || !nonce || !expiry || !packed) return undefined
  const expiresAt = Number(expiry)
  if (expiresAt <= Date.now() / 1000) return undefined
  const asked = JSON.parse(Buffer.from(packed, 'base64url').toString()) as Pick<
    Challenge,
    'username' | 'scope' | 'cookie'
  >
  return { userId, revision, nonce, expiresAt, ...asked }
}

/** Uses a challenge up, as a part of the transaction in which its session begins. */
export function useChallenge({ nonce, expiresAt }: Challenge): Step<'spent'> {
  const Put = {
    TableName: tableName('throttle'),
    Item: { key: `challenge#${nonce}`, endsAt: expiresAt },
    ...missing('key'),
  }
  return { write: { Put }, failure: 'spent' }
}
