import { randomUUID } from 'node:crypto'
import { requiredInteger, variables } from '../../config/environment.ts'
import { retryOnConflict } from '../../store/dynamodb.ts'
import { publishKey, readPublicKeys, setKeyEnd, withdrawKey } from '../../store/public-keys.ts'
import {
  currentVersion,
  dropPendingSecret,
  promoteSecret,
  putPendingSecret,
  readSecret,
  readSecretVersion,
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

/** The version was made from a ring that is no longer the current one. */
class Overtaken extends Error {
  override name = 'Overtaken'
  constructor() {
    super('Another rotation has overtaken this one')
  }
}

/**
 * All four steps at once, for the operator; once more, where another rotation was faster.
 * @param withdrawn the id of a key that the new ring leaves out
 */
export async function rotateNow(secretId: string, withdrawn?: string): Promise<void> {
  await retryOnConflict(async () => {
    const version = { secretId, versionId: randomUUID() }
    try {
      await createSecret(version, withdrawn)
      await setSecret(version)
      await testSecret(version)
      await finishSecret(version)
      return true
    } catch (error) {
      if (error instanceof Overtaken) return undefined
      throw error
    }
  })
}

/**
 * Withdraws a key: what it signed or sealed is refused as soon as no function remembers it, which
 * is at most a minute later. A key that is in the ring is replaced; what is made with it by a
 * function that still remembers it is refused as well.
 * @returns false when there is no such key
 */
export async function withdraw(secretId: string, id: string): Promise<boolean> {
  const ring = await readRing(secretId, 'AWSCURRENT')
  // Of a rotation that is running: it must not bring the key.
  const pending = await readRing(secretId, 'AWSPENDING')
  const published = await withdrawKey(id)
  const held = holds(ring, id) || holds(pending, id)
  if (held) await rotateNow(secretId, id)
  return published || held
}

function holds(ring: KeyRing | undefined, id: string): boolean {
  if (!ring) return false
  const { signing, earlier, mac } = ring
  return [...signing, ...earlier].some(({ kid }) => kid === id) || mac.some((key) => key.id === id)
}

async function createSecret({ secretId, versionId }: Version, withdrawn?: string): Promise<void> {
  if (await readSecret(secretId, 'AWSPENDING', versionId)) return
  const current = await readSecretVersion(secretId, 'AWSCURRENT')
  const previous = parseRing(current?.text ?? '')
  const ring = await nextRing(configuredAlgorithm(), previous, tokenLifetime(), withdrawn)
  // Before the ring is kept: the times in it hold however late the next steps are.
  await publish(newest(ring))
  const kept: KeyRing = { ...ring, madeFrom: current?.id }
  await putPendingSecret(secretId, versionId, JSON.stringify(kept))
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
async function finishSecret(version: Version): Promise<void> {
  const { secretId, versionId } = version
  const current = await currentVersion(secretId)
  if (current !== undefined && current !== versionId) {
    if ((await pendingRing(version)).madeFrom !== current) {
      await dropPendingSecret(secretId, versionId)
      throw new Overtaken()
    }
    await promoteSecret(secretId, current, versionId)
  }
  const ring = await readRing(secretId, 'AWSCURRENT')
  // The ring of a rotation that is running already.
  const pending = await readRing(secretId, 'AWSPENDING')
  for (const { kid, endsAt } of await readPublicKeys()) {
    const end = endOf(kid, ring, pending)
    // The end of a key in use is put off when its successor was withdrawn before it began, and
    // taken away when a rotation that ran beside this one set it, as no ring held the key yet. Where
    // the secret itself verifies (HS256), the published end is nobody's concern.
    const inUse = configuredAlgorithm() !== 'HS256' && ring?.signing.some((key) => key.kid === kid)
    const isPutOff = endsAt !== undefined && inUse && (end === undefined || endsAt < end)
    if (isPutOff || (endsAt === undefined && end !== undefined)) await setKeyEnd(kid, end)
  }
}

/** When a published key ends, seconds; undefined for one without a successor. */
function endOf(kid: string, ring?: KeyRing, pending?: KeyRing): number | undefined {
  const now = Math.floor(Date.now() / 1000)
  const keys = ring?.signing ?? []
  const place = keys.findIndex((key) => key.kid === kid)
  if (place === 0 || pending?.signing[0]?.kid === kid) return undefined
  const lastUse = place > 0 ? Math.max(now, keys[place - 1]?.from ?? now) : now
  return endOfUse(lastUse, tokenLifetime())
}

function newest({ signing: [key] }: KeyRing): SigningKey {
  if (!key) throw new Error('The ring holds no signing key')
  return key
}

async function readRing(
  secretId: string,
  stage: VersionStage,
  versionId?: string,
): Promise<KeyRing | undefined> {
  return parseRing((await readSecret(secretId, stage, versionId)) ?? '')
}

/** @throws Overtaken where another rotation has put its ring since */
async function pendingRing({ secretId, versionId }: Version): Promise<KeyRing> {
  const ring = await readRing(secretId, 'AWSPENDING', versionId)
  if (!ring) throw new Overtaken()
  return ring
}

function tokenLifetime(): number {
  return requiredInteger(variables.tokenLifetime)
}
