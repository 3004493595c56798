import { createHmac, timingSafeEqual } from 'node:crypto'
import { unknownKeySeconds } from '../keys/cache-times.ts'
import { type KeyRing, keyRing, type MacKey } from '../keys/key-ring.ts'

/**
 * Opaque tokens: `kind.keyId.part….mac`, an HMAC-SHA-256 under a key of the ring. Nothing of them
 * is stored, so nothing in the database can be presented as one.
 */
export type SealedKind = 'refresh' | 'cookie' | 'device' | 'challenge' | 'verify' | 'reset' | 'undo'

/** Longer than any token that is sealed here. */
const maxLength = 640

/** A challenge holds the scope that was asked for. */
const longestChallenge = 4096

/** Seals the parts, none of which holds a dot. */
export function seal(kind: SealedKind, parts: readonly string[], key: MacKey): string {
  const text = [kind, key.id, ...parts].join('.')
  return `${text}.${mac(text, key)}`
}

/** The parts of a token that was sealed here, and its key; undefined for any other string. */
export function unseal(
  kind: SealedKind,
  token: string,
  ring: Pick<KeyRing, 'mac'>,
): { parts: readonly string[]; key: MacKey } | undefined {
  if (token.length > (kind === 'challenge' ? longestChallenge : maxLength)) return undefined
  const end = token.lastIndexOf('.')
  const text = token.slice(0, Math.max(end, 0))
  const [sealedKind, keyId, ...parts] = text.split('.')
  const key = ring.mac.find(({ id }) => id === keyId)
  if (sealedKind !== kind || !key) return undefined
  const given = Buffer.from(token.slice(end + 1))
  const expected = Buffer.from(mac(text, key))
  const genuine = given.length === expected.length && timingSafeEqual(given, expected)
  return genuine ? { parts, key } : undefined
}

/** The ring that opens a token: a newer one, if the one at hand does not know the token's key. */
export async function ringOf(token: string): Promise<KeyRing> {
  const ring = await keyRing()
  const [, keyId] = token.split('.', 2)
  return ring.mac.some(({ id }) => id === keyId) ? ring : keyRing(unknownKeySeconds)
}

function mac(text: string, key: MacKey): string {
  return createHmac('sha256', Buffer.from(key.key, 'base64url')).update(text).digest('base64url')
}
