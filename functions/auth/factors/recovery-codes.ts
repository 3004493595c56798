import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { base32 } from './base32.ts'
import { factorKey, findFactorKey } from './factor-keys.ts'

/** The recovery codes of a user as they are stored: none of it can be typed in. */
export interface StoredCodes {
  readonly keyId: string
  /** An HMAC of each that is left. */
  readonly macs: readonly string[]
  /** Seconds since the epoch. */
  readonly madeAt: number
}

const count = 10

/** New codes, each of 120 random bits, and what is stored of them. */
export async function newRecoveryCodes(userId: string) {
  const { id, recovery } = await factorKey()
  const codes = Array.from({ length: count }, () => base32(randomBytes(15)))
  const stored: StoredCodes = {
    keyId: id,
    madeAt: Math.floor(Date.now() / 1000),
    macs: codes.map((code) => macOf(code, userId, recovery)),
  }
  return { codes, stored }
}

/** What is left when a code has been used; undefined when it is none of these. */
export async function withoutCode(
  codes: StoredCodes,
  code: string,
  userId: string,
): Promise<StoredCodes | undefined> {
  const { keyId, macs } = codes
  // The codes of an account that was imported from another stack match nothing here.
  const key = await findFactorKey(keyId)
  if (!key) return undefined
  const given = Buffer.from(macOf(code.replaceAll('-', '').toUpperCase(), userId, key.recovery))
  const left = macs.filter((mac) => !timingSafeEqual(Buffer.from(mac), given))
  return left.length < macs.length ? { ...codes, macs: left } : undefined
}

function macOf(code: string, userId: string, key: Buffer): string {
  return createHmac('sha256', key).update(`${userId}|${code}`).digest('base64url')
}
