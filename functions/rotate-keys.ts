import type { SecretsManagerRotationEvent } from 'aws-lambda'
import { configuredAlgorithm, endOfUse, nextRing, parseRing } from './auth/key-ring.ts'
import { publicPart, signAccessToken, verifyAccessToken } from './auth/tokens.ts'
import { requiredInteger, variables } from './config/environment.ts'
import { securityEvent } from './config/security-events.ts'
import { endKey, publishKey, readPublicKeys } from './store/public-keys.ts'
import { promoteSecret, putPendingSecret, readSecret, secretVersions } from './store/secrets.ts'

type Version = Readonly<{ secretId: string; versionId: string }>

/**
 * Rotates the signing secret in Secrets Manager's four steps, each of which may be repeated. The
 * public key is published before anything is signed with it, and stays until the last token has
 * ended that the old key signed.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export async function handler(event: SecretsManagerRotationEvent): Promise<void> {
  const version = { secretId: event.SecretId, versionId: event.ClientRequestToken }
  await { createSecret, setSecret, testSecret, finishSecret }[event.Step](version)
}

async function createSecret({ secretId, versionId }: Version): Promise<void> {
  if (await readSecret(secretId, 'AWSPENDING', versionId)) return
  const ring = await nextRing(configuredAlgorithm(), await currentRing(secretId), tokenLifetime())
  await putPendingSecret(secretId, versionId, JSON.stringify(ring))
}

async function setSecret(version: Version): Promise<void> {
  const { algorithm, signing } = await pendingRing(version)
  if (algorithm === 'HS256') return
  await publishKey({
    kid: signing.kid,
    jwk: { ...publicPart(signing.jwk), kid: signing.kid, alg: algorithm, use: 'sig' },
  })
}

async function testSecret(version: Version): Promise<void> {
  const { algorithm, signing } = await pendingRing(version)
  const expectation = { algorithm, issuer: 'urn:portcullis:rotation', audience: 'test' }
  const exp = Math.floor(Date.now() / 1000) + 60
  const claims = { iss: expectation.issuer, aud: expectation.audience, exp, sub: '-', sid: '-' }
  const token = await signAccessToken(signing, algorithm, { ...claims, scope: '', role: 'member' })
  const published = algorithm === 'HS256' ? [signing] : await readPublicKeys()
  await verifyAccessToken(token, expectation, async (kid) =>
    published.find((key) => key.kid === kid),
  )
}

async function finishSecret({ secretId, versionId }: Version): Promise<void> {
  const versions = Object.entries(await secretVersions(secretId))
  const [current] = versions.find(([, stages]) => stages.includes('AWSCURRENT')) ?? []
  if (current && current !== versionId) await promoteSecret(secretId, current, versionId)
  const signing = (await currentRing(secretId))?.signing.kid
  const endsAt = endOfUse(Math.floor(Date.now() / 1000), tokenLifetime())
  for (const key of await readPublicKeys())
    if (key.kid !== signing && key.endsAt === undefined) await endKey(key.kid, endsAt)
  securityEvent('key_rotated', undefined)
}

async function currentRing(secretId: string) {
  return parseRing((await readSecret(secretId, 'AWSCURRENT')) ?? '')
}

async function pendingRing({ secretId, versionId }: Version) {
  const ring = parseRing((await readSecret(secretId, 'AWSPENDING', versionId)) ?? '')
  if (!ring) throw new Error('The pending version holds no keys')
  return ring
}

function tokenLifetime(): number {
  return requiredInteger(variables.tokenLifetime)
}
