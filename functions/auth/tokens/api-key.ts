import { hash, randomBytes, randomUUIDv7, timingSafeEqual } from 'node:crypto'

/** What an API key says of itself: where its row lies, and whether its uses are counted there. */
export interface ApiKeyParts {
  readonly userId: string
  readonly keyId: string
  readonly counted: boolean
  /** SHA-256 of the whole key, which is random enough to be safe in the table. */
  readonly hash: string
}

/** `pk_`, by which secret scanners know it, and 65 bytes: two ids, one flag and 32 random bytes. */
const form = /^pk_[\w-]{87}$/
const idBytes = 16

/** A new key of a user. */
export function newApiKey(userId: string, counted: boolean): ApiKeyParts & { key: string } {
  const keyId = randomUUIDv7()
  const parts = [bytesOf(userId), bytesOf(keyId), Buffer.from([Number(counted)]), randomBytes(32)]
  const key = `pk_${Buffer.concat(parts).toString('base64url')}`
  return { userId, keyId, counted, hash: hashOf(key), key }
}

/** The parts of what looks like a key; only its row tells whether it is one. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  if (!form.test(text)) return undefined
  const bytes = Buffer.from(text.slice(3), 'base64url')
  return {
    userId: idOf(bytes.subarray(0, idBytes)),
    keyId: idOf(bytes.subarray(idBytes, 2 * idBytes)),
    counted: bytes[2 * idBytes] === 1,
    hash: hashOf(text),
  }
}

/** Compares the hashes of two keys in constant time. */
export function sameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

function hashOf(key: string): string {
  return hash('sha256', key, 'base64url')
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function idOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
