import { readPublicKeys } from '../../store/public-keys.ts'
import { readSecret } from '../../store/secrets.ts'
import { sealingKey } from '../tokens/opaque-tokens.ts'
import type { KeyRecord } from '../tokens/tokens.ts'
import { parseRing } from './key-ring.ts'

export interface ListedKey {
  readonly id: string
  readonly use: 'access tokens' | 'refresh tokens'
  /** New tokens are made with it. */
  readonly current: boolean
  /** When the last token has ended that it made, where that is known: ISO 8601. */
  readonly endsAt?: string
}

/** The keys there are, without anything of them that is secret. */
export async function listKeys(secretId: string): Promise<{ keys: readonly ListedKey[] }> {
  const ring = parseRing((await readSecret(secretId, 'AWSCURRENT')) ?? '')
  if (!ring) return { keys: [] }
  const verifying: readonly (KeyRecord & { readonly endsAt?: number })[] =
    ring.algorithm === 'HS256' ? [ring.signing, ...ring.earlier] : await readPublicKeys()
  const sealing = sealingKey(ring)
  return {
    keys: [
      ...verifying.map(
        ({ kid, endsAt }): ListedKey => ({
          id: kid,
          use: 'access tokens',
          current: kid === ring.signing.kid,
          ...(endsAt !== undefined && { endsAt: new Date(endsAt * 1000).toISOString() }),
        }),
      ),
      ...ring.mac.map(
        (key): ListedKey => ({ id: key.id, use: 'refresh tokens', current: key === sealing }),
      ),
    ],
  }
}
