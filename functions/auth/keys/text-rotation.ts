import { randomBytes } from 'node:crypto'
import { currentVersion, promoteSecret, putPendingSecret, readSecret } from '../../store/secrets.ts'
import type { Version } from './rotation.ts'

/**
 * The rotation of a secret that is random text, in Secrets Manager's four steps. The version before
 * stays readable as `AWSPREVIOUS` until the next rotation, which is longer than any link stays
 * good.
 */
export const textRotationSteps = {
  createSecret,
  setSecret: nothing,
  testSecret: nothing,
  finishSecret,
}

async function createSecret({ secretId, versionId }: Version): Promise<void> {
  if (await readSecret(secretId, 'AWSPENDING', versionId)) return
  await putPendingSecret(secretId, versionId, randomBytes(32).toString('base64url'))
}

async function nothing(): Promise<void> {}

async function finishSecret({ secretId, versionId }: Version): Promise<void> {
  const current = await currentVersion(secretId)
  if (current !== undefined && current !== versionId)
    await promoteSecret(secretId, current, versionId)
}
