import { randomBytes } from 'node:crypto'
import { required, variables } from '../config/environment.ts'
import { Problem } from '../http/problems.ts'
import { readSecret } from '../store/secrets.ts'
import { type Algorithm, algorithms, generateKey, type KeyRecord } from './tokens.ts'

/** A key for the MAC of opaque tokens. */
export interface MacKey {
  readonly id: string
  /** 32 bytes, base64url. */
  readonly key: string
  /** When it begins to seal, seconds: by then every function has read the ring that holds it. */
  readonly from: number
}

/** What the signing secret holds, as JSON. */
export interface KeyRing {
  readonly algorithm: Algorithm
  readonly signing: KeyRecord
  /** HS256 only: earlier secrets that unexpired tokens may be signed with. */
  readonly earlier: readonly (KeyRecord & { readonly endsAt: number })[]
  /** Newest first. */
  readonly mac: readonly MacKey[]
}

/** How long a function signs with the ring that it has read, seconds. */
export const ringCacheSeconds = 300

/** For how long a session, and so its MAC key, may live, seconds. */
export const sessionMaxSeconds = 90 * 24 * 60 * 60

let cached: { ring: KeyRing; until: number } | undefined

/** The configured algorithm. @throws Error for one that is not supported */
export function configuredAlgorithm(): Algorithm {
  const name = required(variables.algorithm)
  const algorithm = algorithms.find((known) => known === name)
  if (!algorithm) throw new Error(`${variables.algorithm} must be one of ${algorithms.join(', ')}`)
  return algorithm
}

/**
 * The current keys.
 * @throws Problem 503 before the first rotation has run
 */
export async function keyRing(): Promise<KeyRing> {
  if (cached && cached.until > Date.now()) return cached.ring
  const text = await readSecret(required(variables.signingSecret), 'AWSCURRENT')
  const ring = text && parseRing(text)
  if (!ring || ring.algorithm !== configuredAlgorithm())
    throw new Problem('unavailable', 'The keys are being made.', {
      headers: { 'Retry-After': '5' },
    })
  cached = { ring, until: Date.now() + ringCacheSeconds * 1000 }
  return ring
}

/** The ring of a secret's text; undefined for the placeholder that a new stack begins with. */
export function parseRing(text: string): KeyRing | undefined {
  try {
    const ring = JSON.parse(text) as Partial<KeyRing>
    return ring.signing && ring.mac ? (ring as KeyRing) : undefined
  } catch {
    return undefined
  }
}

/** The ring after this one: new keys, and those of before for as long as something needs them. */
export async function nextRing(
  algorithm: Algorithm,
  previous: KeyRing | undefined,
  tokenLifetime: number,
): Promise<KeyRing> {
  const now = Math.floor(Date.now() / 1000)
  const earlier = previous?.algorithm === 'HS256' ? [...previous.earlier, ended(previous)] : []
  function ended({ signing }: KeyRing) {
    return { ...signing, endsAt: endOfUse(now, tokenLifetime) }
  }
  return {
    algorithm,
    signing: await generateKey(algorithm),
    earlier: earlier.filter(({ endsAt }) => endsAt > now),
    mac: [newMacKey(previous ? now + ringCacheSeconds : now), ...stillNeeded(previous, now)],
  }
}

function newMacKey(from: number): MacKey {
  return {
    id: randomBytes(6).toString('base64url'),
    key: randomBytes(32).toString('base64url'),
    from,
  }
}

/** A MAC key is needed until the sessions have ended that began before its successor did. */
function stillNeeded(previous: KeyRing | undefined, now: number): MacKey[] {
  return (previous?.mac ?? []).filter((_, index, keys) => {
    const successor = keys[index - 1]
    return !successor || successor.from + sessionMaxSeconds > now
  })
}

/** When the last token has ended that a key replaced now may still sign, seconds. */
export function endOfUse(now: number, tokenLifetime: number): number {
  return now + ringCacheSeconds + tokenLifetime + 60
}
