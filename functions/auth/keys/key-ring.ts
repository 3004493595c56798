import { randomBytes } from 'node:crypto'
import { required, variables } from '../../config/environment.ts'
import { Problem } from '../../model/problems.ts'
import { readSecret } from '../../store/secrets.ts'
import { type Algorithm, algorithms, generateKey, type KeyRecord } from '../tokens/tokens.ts'

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
export const ringCacheSeconds = 60

/** For how long a session, and so its MAC key, may live, seconds. */
export const sessionMaxSeconds = 90 * 24 * 60 * 60

let cached: { ring: KeyRing; readAt: number } | undefined

/** The configured algorithm. @throws Error for one that is not supported */
export function configuredAlgorithm(): Algorithm {
  const name = required(variables.algorithm)
  const algorithm = algorithms.find((known) => known === name)
  if (!algorithm) throw new Error(`${variables.algorithm} must be one of ${algorithms.join(', ')}`)
  return algorithm
}

/**
 * The current keys, as they were at most so many seconds ago.
 * @throws Problem 503 before the first rotation has run
 */
export async function keyRing(maxAge = ringCacheSeconds): Promise<KeyRing> {
  const now = Date.now()
  if (cached && cached.readAt + maxAge * 1000 > now) return cached.ring
  const text = await readSecret(required(variables.signingSecret), 'AWSCURRENT')
  const ring = text && parseRing(text)
  if (!ring || ring.algorithm !== configuredAlgorithm())
    throw new Problem('unavailable', 'The keys are being made.', {
      headers: { 'Retry-After': '5' },
    })
  cached = { ring, readAt: now }
  return ring
}

/** How long ago the keys were made, days. */
export function ringAge({ mac }: KeyRing): number {
  return (Date.now() / 1000 - (mac[0]?.from ?? 0)) / (24 * 60 * 60)
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

/**
 * The ring after this one: new keys, and those of before for as long as something needs them.
 * @param withdrawn the id of a key that must not live on, whatever needs it
 */
export async function nextRing(
  algorithm: Algorithm,
  previous: KeyRing | undefined,
  tokenLifetime: number,
  withdrawn?: string,
): Promise<KeyRing> {
  const now = Math.floor(Date.now() / 1000)
  const endsAt = endOfUse(now, tokenLifetime)
  const earlier =
    algorithm === 'HS256' && previous?.algorithm === algorithm
      ? [{ ...previous.signing, endsAt }, ...previous.earlier].filter(
          (key) => key.endsAt > now && key.kid !== withdrawn,
        )
      : []
  const mac = stillNeeded(previous, now).filter(({ id }) => id !== withdrawn)
  const sealing = mac.some(({ from }) => from <= now)
  return {
    algorithm,
    signing: await generateKey(algorithm),
    earlier,
    mac: [newMacKey(sealing ? now + ringCacheSeconds : now), ...mac],
  }
}

function newMacKey(from: number): MacKey {
  return {
    // Hexadecimal, as the operator names keys on a command line: no id begins with a hyphen.
    id: randomBytes(6).toString('hex'),
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
