import { required, variables } from '../../config/environment.ts'
import { readPublicKeys } from '../../store/public-keys.ts'
import { readSecret } from '../../store/secrets.ts'
import { type Algorithm, algorithms, type KeyRecord, publicPart } from '../tokens/tokens.ts'
import { keyCacheSeconds } from './cache-times.ts'
import { configuredAlgorithm, parseRing } from './key-ring.ts'

/**
 * For an unknown id the keys are read again: at once the first two times, then every two seconds at
 * most, as anybody can make an id up.
 */
const lookUpSeconds = 2

let known: { keys: readonly KeyRecord[]; until: number } = { keys: [], until: 0 }
let lookUpsPaidUntil = 0

/** The key of a `kid`, with the algorithm that its tokens must have. */
export async function findVerificationKey(kid: string): Promise<KeyRecord | undefined> {
  const now = Date.now()
  if (known.until <= now) known = { keys: await readKeys(), until: now + keyCacheSeconds * 1000 }
  const found = find(kid)
  if (found || !mayLookUp(now)) return found
  // A withdrawn key goes when the minute ends, as it does where tokens are made: neither is ahead.
  known = { ...known, keys: [...known.keys, ...(await readKeys()).filter(isNew)] }
  return find(kid)
}

function mayLookUp(now: number): boolean {
  const pause = lookUpSeconds * 1000
  if (lookUpsPaidUntil > now + pause) return false
  lookUpsPaidUntil = Math.max(lookUpsPaidUntil, now) + pause
  return true
}

function find(kid: string): KeyRecord | undefined {
  return known.keys.find((key) => key.kid === kid)
}

function isNew({ kid }: KeyRecord): boolean {
  return find(kid) === undefined
}

async function readKeys(): Promise<KeyRecord[]> {
  const keys = configuredAlgorithm() === 'HS256' ? await secretKeys() : await readVerificationKeys()
  return keys.map(reuse)
}

/** Keeps the object of a key that is known already: its import is remembered with it. */
function reuse(key: KeyRecord): KeyRecord {
  const before = find(key.kid)
  return before && JSON.stringify(before.jwk) === JSON.stringify(key.jwk) ? before : key
}

/** The published keys. */
export async function readVerificationKeys(): Promise<KeyRecord[]> {
  const published = await readPublicKeys()
  return published.flatMap(({ kid, jwk }) => {
    const algorithm = algorithms.find((name) => name === jwk.alg)
    return algorithm ? [{ kid, jwk, algorithm }] : []
  })
}

async function secretKeys(): Promise<KeyRecord[]> {
  const text = await readSecret(required(variables.signingSecret), 'AWSCURRENT')
  const ring = text ? parseRing(text) : undefined
  return ring ? [...ring.signing, ...ring.earlier].map(verifying) : []
}

/** The part that verifies, for an asymmetric key from before the stage changed its algorithm. */
function verifying({ kid, jwk, algorithm }: KeyRecord): KeyRecord {
  return { kid, algorithm, jwk: isSecret(algorithm) ? jwk : publicPart(jwk) }
}

function isSecret(algorithm: Algorithm): boolean {
  return algorithm === 'HS256'
}
