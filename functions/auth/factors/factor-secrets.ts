import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { factorKey, factorKeyOf } from './factor-keys.ts'

const algorithm = 'aes-256-gcm'

/** Whose secret it is: another's row cannot be put in its place. */
interface FactorName {
  readonly userId: string
  readonly factorId: string
}

/** A secret as it is stored: `keyId.nonce.text.tag`. */
export async function sealSecret(secret: Uint8Array, name: FactorName): Promise<string> {
  const { id, sealing } = await factorKey()
  const nonce = randomBytes(12)
  const cipher = createCipheriv(algorithm, sealing, nonce).setAAD(bound(id, name))
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
  const parts = [nonce, sealed, cipher.getAuthTag()]
  return [id, ...parts.map((part) => part.toString('base64url'))].join('.')
}

/** @throws Error for what was not sealed here under this name */
export async function openSecret(stored: string, name: FactorName): Promise<Buffer> {
  const [id = '', ...rest] = stored.split('.')
  const [nonce, sealed, tag] = rest.map((part) => Buffer.from(part, 'base64url'))
  if (!nonce || !sealed || tag?.length !== 16) throw new Error('A factor secret is malformed')
  const { sealing } = await factorKeyOf(id)
  const decipher = createDecipheriv(algorithm, sealing, nonce)
    .setAAD(bound(id, name))
    .setAuthTag(tag)
  return Buffer.concat([decipher.update(sealed), decipher.final()])
}

function bound(keyId: string, { userId, factorId }: FactorName): Buffer {
  return Buffer.from([keyId, userId, factorId].join('|'))
}
