import { requiredInteger, variables } from '../../config/environment.ts'
import { readPublicKeys } from '../../store/public-keys.ts'
import { readSecret } from '../../store/secrets.ts'
import { begun, endOfUse, type KeyRing, parseRing } from './key-ring.ts'

export interface ListedKey {
  readonly id: string
  readonly use: 'access tokens' | 'refresh tokens'
  /** New tokens are made with it. */
  readonly current: boolean
  /** When the last token that it made has ended, where that is known: ISO 8601. */
  readonly endsAt?: string
}

interface Verifying {
  readonly kid: string
  readonly endsAt?: number
}

/** The keys that there are, without anything secret. */
export async function listKeys(secretId: string): Promise<{ keys: readonly ListedKey[] }> {
  const ring = parseRing((await readSecret(secretId, 'AWSCURRENT')) ?? '')
  if (!ring) return { keys: [] }
  const signing = begun(ring.signing)
  const verifying: readonly Verifying[] =
    signing.algorithm === 'HS256' ? secretKeys(ring) : await readPublicKeys()
  const sealing = begun(ring.mac)
  return {
    keys: [
      ...verifying.map(
        ({ kid, endsAt }): ListedKey => ({
          id: kid,
          use: 'access tokens',
          current: kid === signing.kid,
          ...(endsAt !== undefined && { endsAt: new Date(endsAt * 1000).toISOString() }),
        }),
      ),
      ...ring.mac.map(
        (key): ListedKey => ({ id: key.id, use: 'refresh tokens', current: key === sealing }),
      ),
    ],
  }
}

/** Secret keys end as public ones do, but only their order in the ring says when. */
function secretKeys({ signing, earlier }: KeyRing): Verifying[] {
  const lifetime = requiredInteger(variables.tokenLifetime)
  const ends = signing.map((key, index) => {
    const successor = signing[index - 1]
    return successor ? { ...key, endsAt: endOfUse(successor.from, lifetime) } : key
  })
  return [...ends, ...earlier]
}
