import { hash } from 'node:crypto'
import { required, variables } from '../../config/environment.ts'
import { readSecret, type VersionStage } from '../../store/secrets.ts'
import { keyCacheSeconds, unknownKeySeconds } from './cache-times.ts'
import type { MacKey } from './key-ring.ts'

let cached: { readonly keys: readonly MacKey[]; readonly readAt: number } | undefined

/**
 * The keys of the links in mails, the present one first. The secret is random text, and each key is
 * derived from a version of it: a rotation only has to put another text, and links that the
 * previous version sealed stay good until the next rotation.
 * @param maxAge how old what was read may be, seconds
 */
export async function mailKeys(maxAge = keyCacheSeconds): Promise<readonly MacKey[]> {
  const now = Date.now()
  if (cached && cached.readAt + maxAge * 1000 > now) return cached.keys
  const stages: readonly VersionStage[] = ['AWSCURRENT', 'AWSPREVIOUS']
  const texts = await Promise.all(
    stages.map((stage) => readSecret(required(variables.mailSecret), stage)),
  )
  const keys = texts.filter((text) => text !== undefined).map(keyOf)
  cached = { keys, readAt: now }
  return keys
}

/** The keys that open a token: newer ones, if those at hand do not know the token's. */
export async function mailKeysOf(token: string): Promise<readonly MacKey[]> {
  const keys = await mailKeys()
  const [, keyId] = token.split('.', 2)
  return keys.some(({ id }) => id === keyId) ? keys : mailKeys(unknownKeySeconds)
}

function keyOf(text: string): MacKey {
  return {
    id: hash('sha256', `id ${text}`).slice(0, 12),
    key: hash('sha256', `key ${text}`, 'base64url'),
    from: 0,
  }
}
