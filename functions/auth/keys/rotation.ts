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
import {
  configuredAlgorithm,
  endOfUse,
  type KeyRing,
  nextRing,
  parseRing,
  type SigningKey,
} from './key-ring.ts'
import { readVerificationKeys } from './verification-keys.ts'

/** A version of the signing secret that is being made. */
export interface Version {
  readonly secretId: string
  readonly versionId: string
}

/**
 * Rotation in Secrets Manager's four steps, each of which may be repeated. The public key is
 * published long before anything is signed with it, and stays until the last token that was signed
 * with it has ended.
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
  const held = ring && [...ring.signing, ...ring.earlier].some(({ kid }) => kid === id)
  const sealed = ring?.mac.some((key) => key.id === id)
  if (held || sealed) await rotateNow(secretId, id)
  return Boolean(published || held || sealed)
}

async function createSecret({ secretId, versionId }: Version, withdrawn?: string): Promise<void> {
  if (await readSecret(secretId, 'AWSPENDING', versionId)) return
  const current = await readRing(secretId, 'AWSCURRENT')
  const ring = await nextRing(configuredAlgorithm(), current, tokenLifetime(), withdrawn)
  // Before the ring is kept: the times in it hold however late the next steps are.
  await publish(newest(ring))
  await putPendingSecret(secretId, versionId, JSON.stringify(ring))
}

/** The key is published already, unless an earlier version of this code made the ring. */
async function setSecret(version: Version): Promise<void> {
  await publish(newest(await pendingRing(version)))
}

/** Publishes the public part of a key, unless it is published already. */
async function publish({ kid, jwk, algorithm }: SigningKey): Promise<void> {
  if (algorithm === 'HS256') return
  await publishKey({ kid, jwk: { ...publicPart(jwk), kid, alg: algorithm, use: 'sig' } })
}

async function testSecret(version: Version): Promise<void> {
  const signing = newest(await pendingRing(version))
  const expectation = { issuer: 'urn:portcullis:rotation', audience: 'test' }
  const now = Math.floor(Date.now() / 1000)
  const token = await signAccessToken(signing, {
    iss: expectation.issuer,
    aud: expectation.audience,
    client_id: expectation.audience,
    sub: nobody,
    sid: nobody,
    auth_time: now,
    exp: now + 60,
    scope: '',
    role: 'member',
  })
  const published = signing.algorithm === 'HS256' ? [signing] : await readVerificationKeys()
  const key = published.find(({ kid }) => kid === keyIdOf(token))
  if (!key) throw new Error('The new key is not published')
  await verifyAccessToken(token, key, expectation)
}

/** An id that is nobody's: the nil UUID, RFC 9562. */
const nobody = '00000000-0000-0000-0000-000000000000'

/**
 * Promotes the version, and sets the end of each published key that has a successor.
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
  const ring = await readRing(secretId, 'AWSCURRENT')
  // The ring of a rotation that is running already.
  const pending = await readRing(secretId, 'AWSPENDING')
  for (const { kid, endsAt } of await readPublicKeys()) {
    const signsUntil = lastUse(kid, ring, pending)
    if (signsUntil === undefined) continue
    const end = endOfUse(signsUntil, tokenLifetime())
    // A key goes on for longer when its successor was withdrawn before it began; where the secret
    // itself verifies (HS256), the published end is nobody's concern.
    const inUse = configuredAlgorithm() !== 'HS256' && ring?.signing.some((key) => key.kid === kid)
    if (endsAt === undefined || (inUse && endsAt < end)) await endKey(kid, end)
  }
}

/** Until when a published key may sign, seconds; undefined for one without a successor. */
function lastUse(kid: string, ring?: KeyRing, pending?: KeyRing): number | undefined {
  const now = Math.floor(Date.now() / 1000)
  const keys = ring?.signing ?? []
  const place = keys.findIndex((key) => key.kid === kid)
  if (place > 0) return Math.max(now, keys[place - 1]?.from ?? now)
  return place === 0 || pending?.signing[0]?.kid === kid ? undefined : now
}

function newest({ signing: [key] }: KeyRing): SigningKey {
  if (!key) throw new Error('The ring holds no signing key')
  return key
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
