import { hash } from 'node:crypto'
import { required, variables } from '../../config/environment.ts'
import { readSecret, type VersionStage } from '../../store/secrets.ts'
import type { MacKey } from './key-ring.ts'

/** How long a function keeps what it has read, milliseconds. */
const cacheTime = 60_000

let cached: { readonly keys: readonly MacKey[]; readonly readAt: number } | undefined

/**
 * The keys of the links in mails, the present one first. The secret is random text, and each key is
 * derived from a version of it: a rotation only has to put another text, and links that the
 * previous version sealed stay good until the next rotation.
 */
export async function mailKeys(maxAge = cacheTime): Promise<readonly MacKey[]> {
  const now = Date.now()
  if (cached && cached.readAt + maxAge > now) return cached.keys
  const stages: readonly VersionStage[] = ['AWSCURRENT', 'AWSPREVIOUS']
  const texts = await Promise.all(
    stages.map((stage) => readSecret(required(variables.mailSecret), stage)),
  )
  const keys = texts.filter((text) => text !== undefined).map(keyOf)
  cached = { keys, readAt: now }
  return keys
}

/** How old keys that do not know a token's may be, milliseconds. */
const unknownKeyTime = 10_000

/** The keys that open a token: newer ones, if those at hand do not know the token's. */
export async function mailKeysOf(token: string): Promise<readonly MacKey[]> {
  const keys = await mailKeys()
  const [, keyId] = token.split('.', 2)
  return keys.some(({ id }) => id === keyId) ? keys : mailKeys(unknownKeyTime)
}

function keyOf(text: string): MacKey {
  return {
    id: hash('sha256', `id ${text}`).slice(0, 12),
    key: hash('sha256', `key ${text}`, 'base64url'),
    from: 0,
  }
}
