import { hkdfSync } from 'node:crypto'
import { required, variables } from '../../config/environment.ts'
import { unavailable } from '../../store/failures.ts'
import { readSecret, type VersionStage } from '../../store/secrets.ts'
import { keyCacheSeconds } from '../keys/cache-times.ts'

/** The key that the secrets and the recovery codes of second factors are kept under. */
interface FactorKey {
  /** It is kept beside what was made with the key. */
  readonly id: string
  readonly sealing: Buffer
  readonly recovery: Buffer
}

const cached = new Map<VersionStage, { readonly key: FactorKey; readonly readAt: number }>()

/** The key for what is made now. */
export async function factorKey(): Promise<FactorKey> {
  const key = await keyAt('AWSCURRENT')
  if (!key) throw unavailable(new Error('The factor secret has no value'))
  return key
}

/**
 * The key that something was made with: the present one, or the one before; undefined for another
 * stack's.
 */
export async function findFactorKey(id: string): Promise<FactorKey | undefined> {
  const current = await factorKey()
  const key = current.id === id ? current : await keyAt('AWSPREVIOUS')
  return key?.id === id ? key : undefined
}

/** The same. @throws Error when there is none: nothing opens what was made with it */
export async function factorKeyOf(id: string): Promise<FactorKey> {
  const key = await findFactorKey(id)
  if (!key) throw new Error(`The factor key ${id} is gone`)
  return key
}

/** Each version of the secret is random text; its keys are derived from it (RFC 5869). */
async function keyAt(stage: VersionStage): Promise<FactorKey | undefined> {
  const now = Date.now()
  const known = cached.get(stage)
  if (known && known.readAt + keyCacheSeconds * 1000 > now) return known.key
  const text = await readSecret(required(variables.factorSecret), stage)
  if (text === undefined) return undefined
  const derived = (use: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', text, '', `portcullis factor ${use}`, bytes))
  const key = {
    id: derived('id', 6).toString('hex'),
    sealing: derived('sealing', 32),
    recovery: derived('recovery', 32),
  }
  cached.set(stage, { key, readAt: now })
  return key
}
