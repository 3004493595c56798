import { randomBytes } from 'node:crypto'
import { required, variables } from '../../config/environment.ts'
import { Problem } from '../../model/problems.ts'
import { readSecret } from '../../store/secrets.ts'
import { type Algorithm, algorithms, generateKey, type KeyRecord } from '../tokens/tokens.ts'
import { keyCacheSeconds } from './cache-times.ts'

/** A key for the MAC of opaque tokens. */
export interface MacKey {
  readonly id: string
  /** 32 bytes, base64url. */
  readonly key: string
  /** When it begins to seal, seconds: by then every function has read the ring that holds it. */
  readonly from: number
}

/** A key that signs access tokens, private or secret. */
export interface SigningKey extends KeyRecord {
  /** When it begins to sign, seconds: by then everybody who verifies has read its public part. */
  readonly from: number
}

/** A key that no longer signs, but that unexpired tokens may be signed with. */
type EarlierKey = KeyRecord & { readonly endsAt: number }

/** What the signing secret holds, as JSON. */
export interface KeyRing {
  /** Newest first: the one that signs, and those that have not begun. */
  readonly signing: readonly SigningKey[]
  /** Where tokens are verified with the secret itself (HS256): the earlier keys. */
  readonly earlier: readonly EarlierKey[]
  /** Newest first. */
  readonly mac: readonly MacKey[]
  /** The id of the secret's version that it was made from. */
  readonly madeFrom?: string | undefined
}

/** How long verifiers may keep the published keys, seconds. */
export const keySetSeconds = 300

/** How long a key is published before it signs, seconds: no cache is kept that long. */
export const publishedSeconds = keySetSeconds + 2 * keyCacheSeconds

/** How long a rotation may take from making a key to publishing it, seconds. */
const rotationSeconds = 60

/** How long a session, and so its MAC key, may live, seconds. */
export const sessionMaxSeconds = 90 * 24 * 60 * 60

let cached: { ring: KeyRing; readAt: number } | undefined

/** The algorithm of new keys. @throws Error for one that is not supported */
export function configuredAlgorithm(): Algorithm {
  const name = required(variables.algorithm)
  const algorithm = algorithms.find((known) => known === name)
  if (!algorithm) throw new Error(`${variables.algorithm} must be one of ${algorithms.join(', ')}`)
  return algorithm
}

/**
 * The current keys, as they were at most `maxAge` seconds ago.
 * @throws Problem 503 before the first rotation has run
 */
export async function keyRing(maxAge = keyCacheSeconds): Promise<KeyRing> {
  const now = Date.now()
  if (cached && cached.readAt + maxAge * 1000 > now) return cached.ring
  const text = await readSecret(required(variables.signingSecret), 'AWSCURRENT')
  const ring = text && parseRing(text)
  if (!ring || !isVerifiable(ring, configuredAlgorithm()))
    throw new Problem('unavailable', 'The signing keys are still being created.', {
      headers: { 'Retry-After': '5' },
    })
  cached = { ring, readAt: now }
  return ring
}

/** The newest key that has begun: it makes the new tokens. */
export function begun<Key extends { readonly from: number }>(keys: readonly Key[]): Key {
  const now = Date.now() / 1000
  const key = keys.find(({ from }) => from <= now) ?? keys.at(-1)
  if (!key) throw new Error('The key ring lacks a key')
  return key
}

/** How long ago the keys were made, days. */
export function ringAge({ mac }: KeyRing): number {
  return (Date.now() / 1000 - (mac[0]?.from ?? 0)) / (24 * 60 * 60)
}

/** The ring of a secret's text; undefined for the placeholder that a new stack begins with. */
export function parseRing(text: string): KeyRing | undefined {
  try {
    const { signing, earlier = [], mac, madeFrom } = upToDate(JSON.parse(text))
    return signing?.length && mac ? { signing, earlier, mac, madeFrom } : undefined
  } catch {
    return undefined
  }
}

/** A ring from before keys had a beginning and an algorithm of their own has one key that signs. */
function upToDate(ring: Partial<KeyRing> | FormerRing): Partial<KeyRing> {
  if (!('algorithm' in ring)) return ring
  const { algorithm, signing, earlier, mac } = ring
  return {
    signing: [{ ...signing, algorithm, from: 0 }],
    earlier: earlier.map((key) => ({ ...key, algorithm })),
    mac,
  }
}

interface FormerRing extends Pick<KeyRing, 'mac'> {
  readonly algorithm: Algorithm
  readonly signing: Omit<KeyRecord, 'algorithm'>
  readonly earlier: readonly Omit<EarlierKey, 'algorithm'>[]
}

/**
 * The ring after this one: new keys, and the earlier ones for as long as something needs them.
 * @param withdrawn the id of a key that must not live on, whatever needs it
 */
export async function nextRing(
  algorithm: Algorithm,
  previous: KeyRing | undefined,
  tokenLifetime: number,
  withdrawn?: string,
): Promise<KeyRing> {
  const now = Math.floor(Date.now() / 1000)
  const isKept = (key: KeyRecord) => key.kid !== withdrawn && canVerify(algorithm, key)
  // A key that has a successor is not needed again when that one is left out: it may have ended.
  const signing = stillNeeded(previous?.signing ?? [], now).filter(isKept)
  const mac = stillNeeded(previous?.mac ?? [], now - sessionMaxSeconds).filter(
    ({ id }) => id !== withdrawn,
  )
  return {
    signing: [
      {
        ...(await generateKey(algorithm)),
        from: beginning(signing, now, rotationSeconds + publishedSeconds),
      },
      ...signing,
    ],
    earlier: algorithm === 'HS256' ? earlierKeys(previous, now, tokenLifetime).filter(isKept) : [],
    mac: [newMacKey(beginning(mac, now, keyCacheSeconds)), ...mac],
  }
}

/** Later, where another key goes on until then; else at once. */
function beginning(others: readonly { readonly from: number }[], now: number, later: number) {
  return others.some(({ from }) => from <= now) ? now + later : now
}

function newMacKey(from: number): MacKey {
  return {
    // Hexadecimal, as the operator names keys on a command line: no id begins with a hyphen.
    id: randomBytes(6).toString('hex'),
    key: randomBytes(32).toString('base64url'),
    from,
  }
}

/** A key is needed until its successor has begun, and for what it made until that has ended. */
function stillNeeded<Key extends { readonly from: number }>(
  keys: readonly Key[],
  since: number,
): Key[] {
  return keys.filter((_, index) => {
    const successor = keys[index - 1]
    return !successor || successor.from > since
  })
}

/**
 * Tokens are verified with the published keys, none of which is secret, or with the secret itself.
 */
function canVerify(algorithm: Algorithm, key: KeyRecord): boolean {
  return algorithm === 'HS256' || key.algorithm !== 'HS256'
}

function isVerifiable(ring: KeyRing, algorithm: Algorithm): boolean {
  return canVerify(algorithm, begun(ring.signing))
}

/** The keys that no longer sign, and whose tokens have not all ended. */
function earlierKeys(
  previous: KeyRing | undefined,
  now: number,
  tokenLifetime: number,
): EarlierKey[] {
  const { signing = [], earlier = [] } = previous ?? {}
  const replaced = signing.flatMap((key, index) => {
    const successor = signing[index - 1]
    if (!successor || successor.from > now) return []
    return [{ ...key, endsAt: endOfUse(successor.from, tokenLifetime) }]
  })
  return [...replaced, ...earlier].filter(({ endsAt }) => endsAt > now)
}

/** For a key that may sign until a time: when the last of its tokens has ended, seconds. */
export function endOfUse(until: number, tokenLifetime: number): number {
  return until + keyCacheSeconds + tokenLifetime + 60
}
