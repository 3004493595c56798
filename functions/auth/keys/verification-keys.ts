import { required, variables } from '../../config/environment.ts'
import { remember } from '../../model/memoized.ts'
import { readPublicKeys } from '../../store/public-keys.ts'
import { readSecret } from '../../store/secrets.ts'
import { type Algorithm, algorithms, type KeyRecord, publicPart } from '../tokens/tokens.ts'
import { configuredAlgorithm, parseRing } from './key-ring.ts'

/** How long a withdrawn key may still be accepted by an instance that knows it, seconds. */
const keyCacheSeconds = 60

/**
 * So many unknown ids are looked up in that time, as anybody can make one up. Only a first key, and
 * the one after a withdrawn key, sign before every instance has read them.
 */
const maxLookUps = 2

let known: { keys: readonly KeyRecord[]; until: number } = { keys: [], until: 0 }
/**
 * Unknown ids seen lately, and until when each is not looked up again. Key ids are thumbprints:
 * nobody can name one before it is published.
 */
const lookedUp = new Map<string, number>()

/** The key of a `kid`, with the algorithm that its tokens must have. */
export async function findVerificationKey(kid: string): Promise<KeyRecord | undefined> {
  const now = Date.now()
  if (known.until <= now) await refresh(now)
  const found = find(kid)
  if (found || (lookedUp.get(kid) ?? 0) > now || lookUpsAt(now) >= maxLookUps) return found
  await refresh(now)
  remember(lookedUp, maxLookUps, kid, now + keyCacheSeconds * 1000)
  return find(kid)
}

function lookUpsAt(now: number): number {
  return [...lookedUp.values()].filter((until) => until > now).length
}

function find(kid: string): KeyRecord | undefined {
  return known.keys.find((key) => key.kid === kid)
}

async function refresh(now: number): Promise<void> {
  const keys = configuredAlgorithm() === 'HS256' ? await secretKeys() : await readVerificationKeys()
  known = { keys: keys.map(reuse), until: now + keyCacheSeconds * 1000 }
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

/** Of an asymmetric key, from before the stage changed its algorithm, the part that verifies. */
function verifying({ kid, jwk, algorithm }: KeyRecord): KeyRecord {
  return { kid, algorithm, jwk: isSecret(algorithm) ? jwk : publicPart(jwk) }
}

function isSecret(algorithm: Algorithm): boolean {
  return algorithm === 'HS256'
}
