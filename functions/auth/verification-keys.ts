import { required, variables } from '../config/environment.ts'
import { readPublicKeys } from '../store/public-keys.ts'
import { readSecret } from '../store/secrets.ts'
import { configuredAlgorithm, parseRing } from './key-ring.ts'
import type { KeyRecord } from './tokens.ts'

/** How long a withdrawn key may still be accepted by an instance that knows it, seconds. */
export const keyCacheSeconds = 60

const maxUnknown = 1000

let known: { keys: readonly KeyRecord[]; until: number } = { keys: [], until: 0 }
/** Ids that no key has, and until when that is believed. Ids are not guessable before their time. */
const unknown = new Map<string, number>()

/** The key of a `kid`. A new key is published before it signs, so an unknown one is looked up. */
export async function findVerificationKey(kid: string): Promise<KeyRecord | undefined> {
  const now = Date.now()
  if (known.until <= now) await refresh(now)
  const found = find(kid)
  if (found || (unknown.get(kid) ?? 0) > now) return found
  await refresh(now)
  const late = find(kid)
  if (!late) remember(kid, now)
  return late
}

function find(kid: string): KeyRecord | undefined {
  return known.keys.find((key) => key.kid === kid)
}

async function refresh(now: number): Promise<void> {
  const keys = configuredAlgorithm() === 'HS256' ? await secretKeys() : await readPublicKeys()
  known = { keys: keys.map(reuse), until: now + keyCacheSeconds * 1000 }
}

/** Keeps the object of a key that is known already: its import is remembered with it. */
function reuse(key: KeyRecord): KeyRecord {
  const before = find(key.kid)
  return before && JSON.stringify(before.jwk) === JSON.stringify(key.jwk) ? before : key
}

async function secretKeys(): Promise<KeyRecord[]> {
  const text = await readSecret(required(variables.signingSecret), 'AWSCURRENT')
  const ring = text ? parseRing(text) : undefined
  return ring?.algorithm === 'HS256' ? [ring.signing, ...ring.earlier] : []
}

function remember(kid: string, now: number): void {
  if (unknown.size >= maxUnknown) unknown.clear()
  unknown.set(kid, now + keyCacheSeconds * 1000)
}
