import { randomUUID } from 'node:crypto'
import { requiredInteger, variables } from '../../config/environment.ts'
import { endKey, publishKey, readPublicKeys, withdrawKey } from '../../store/public-keys.ts'
import {
  promoteSecret,
  putPendingSecret,
  readSecret,
  secretVersions,
  type VersionStage,
} from '../../store/secrets.ts'
import { keyIdOf, publicPart, signAccessToken, verifyAccessToken } from '../tokens/tokens.ts'
import { configuredAlgorithm, endOfUse, type KeyRing, nextRing, parseRing } from './key-ring.ts'

/** A version of the signing secret that is being made. */
export interface Version {
  readonly secretId: string
  readonly versionId: string
}

/**
 * Rotation in Secrets Manager's four steps, each of which may be repeated. The public key is
 * published before anything is signed with it, and stays until the last token has ended that the
 * old key signed.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export const rotationSteps = { createSecret, setSecret, testSecret, finishSecret }

/**
 * All four steps at once, for the operator.
 * @param withdrawn the id of a key that the new ring leaves out
 */
export async function rotateNow(secretId: string, withdrawn?: string): Promise<void> {
  const version = { secretId, versionId: randomUUID() }
  await createSecret(version, withdrawn)
  await setSecret(version)
  await testSecret(version)
  await finishSecret(version)
}

/**
 * Withdraws a key: what it signed or sealed is refused as soon as no function remembers it, which
 * is at most a minute later. A key that is in the ring is replaced; what is made with it by a
 * function that still remembers it is refused as well.
 * @returns false when there is no such key
 */
export async function withdraw(secretId: string, id: string): Promise<boolean> {
  const ring = await readRing(secretId, 'AWSCURRENT')
  const published = await withdrawKey(id)
  const held = ring && [ring.signing, ...ring.earlier].some(({ kid }) => kid === id)
  const sealed = ring?.mac.some((key) => key.id === id)
  if (held || sealed) await rotateNow(secretId, id)
  return Boolean(published || held || sealed)
}

async function createSecret({ secretId, versionId }: Version, withdrawn?: string): Promise<void> {
  if (await readSecret(secretId, 'AWSPENDING', versionId)) return
  const current = await readRing(secretId, 'AWSCURRENT')
  const ring = await nextRing(configuredAlgorithm(), current, tokenLifetime(), withdrawn)
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
  const key = published.find(({ kid }) => kid === keyIdOf(token))
  if (!key) throw new Error('The new key is not published')
  await verifyAccessToken(token, key, expectation)
}

/**
 * Promotes the version and ends the keys that neither sign now nor are about to, in a rotation that
 * runs already.
 * @throws Error for a version that another rotation has overtaken: it may hold a key withdrawn since
 */
async function finishSecret({ secretId, versionId }: Version): Promise<void> {
  const versions = await secretVersions(secretId)
  const [current] =
    Object.entries(versions).find(([, stages]) => stages.includes('AWSCURRENT')) ?? []
  if (current && current !== versionId) {
    if (!versions[versionId]?.includes('AWSPENDING'))
      throw new Error('Another rotation has overtaken this one')
    await promoteSecret(secretId, current, versionId)
  }
  const rings = await Promise.all([
    readRing(secretId, 'AWSCURRENT'),
    readRing(secretId, 'AWSPENDING'),
  ])
  const inUse = rings.map((ring) => ring?.signing.kid)
  const endsAt = endOfUse(Math.floor(Date.now() / 1000), tokenLifetime())
  for (const { kid, endsAt: ended } of await readPublicKeys())
    if (!inUse.includes(kid) && ended === undefined) await endKey(kid, endsAt)
}

async function readRing(secretId: string, stage: VersionStage): Promise<KeyRing | undefined> {
  return parseRing((await readSecret(secretId, stage)) ?? '')
}

async function pendingRing({ secretId, versionId }: Version): Promise<KeyRing> {
  const ring = parseRing((await readSecret(secretId, 'AWSPENDING', versionId)) ?? '')
  if (!ring) throw new Error('The pending version holds no keys')
  return ring
}

function tokenLifetime(): number {
  return requiredInteger(variables.tokenLifetime)
}
