import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { sealSecret } from '../auth/factors/factor-secrets.ts'
import { newRecoveryCodes } from '../auth/factors/recovery-codes.ts'
import { tableName } from '../config/environment.ts'
import { type NoticeEvent, sendsMail } from '../mail/outbox.ts'
import { Problem } from '../model/problems.ts'
import { retryOnConflict, type Step, transact } from '../store/dynamodb.ts'
import { equal, exists, missing, updateOf } from '../store/expressions.ts'
import { asRead, readAccount } from './account-changes.ts'
import { verifiedAddress } from './addresses.ts'
import type { Credentials } from './credentials.ts'
import { type Ended, endTokensSteps } from './end-all.ts'
import {
  deleteFactors,
  deletionOf,
  type Factor,
  type Factors,
  factorIdOf,
  factorRow,
  putFactorRecord,
  readFactors,
} from './factor-rows.ts'
import { maxFactors } from './limits.ts'
import { notice, noticeTo } from './notices.ts'
import { stepOfCode } from './prove-factor.ts'
import { notEnded } from './sessions.ts'
import { noteUndo } from './undos.ts'

/** How long a factor waits for its first code, seconds. */
const confirmSeconds = 10 * 60

const nothingEnded: Ended = { sessions: 0, apiKeys: 0 }

/**
 * Adds a factor, which counts once it is confirmed.
 * @param sessionId the session that adds it
 * @throws Problem limit_reached, or 401 when the session has ended
 */
export async function addFactor(
  userId: string,
  sessionId: string,
): Promise<{ factor: Factor; secret: Buffer }> {
  const secret = randomBytes(20)
  const factorId = randomUUIDv7()
  const now = Date.now()
  const factor: Factor = {
    userId,
    sessionId: factorRow(factorId),
    kind: 'totp',
    secret: await sealSecret(secret, { userId, factorId }),
    createdAt: new Date(now).toISOString(),
    confirmed: false,
    lastStep: 0,
    ttl: Math.floor(now / 1000) + confirmSeconds,
  }
  return change({ userId, sessionId }, ({ record, factors, gone }) => {
    if (factors.length >= maxFactors)
      throw new Problem('limit_reached', `You have ${maxFactors} second factors already.`)
    const steps = [
      ...gone.map(deletionOf),
      put(factor),
      putFactorRecord(userId, record, record?.codes, 'stale' as const),
    ]
    return { steps, result: { factor, secret } }
  })
}

/**
 * Makes a factor count, with new recovery codes. The first factor ends all other sessions and all
 * keys: whoever got in by the password alone is out. The notice has a link that undoes it.
 * @throws Problem not_found or invalid_code
 */
export async function confirmFactor(
  userId: string,
  factorId: string,
  code: string,
  sessionId: string,
): Promise<{ codes: readonly string[]; ended: Ended }> {
  return change({ userId, sessionId }, async (found) => {
    const factor = factorOf(found, factorId)
    if (factor.confirmed) throw new Problem('not_found')
    const step = await stepOfCode(factor, code)
    if (step === undefined) throw new Problem('invalid_code')
    const credentials = await credentialsOf(userId)
    const canUndo = sendsMail() && verifiedAddress(credentials) !== undefined
    const undo = canUndo ? noteUndo(credentials.undos, { factors: [factorId] }) : undefined
    // Made after the undo is noted, which takes codes that are no older than itself.
    const { codes, stored } = await newRecoveryCodes(userId)
    const ending = credentials.factor
      ? { steps: [], ended: nothingEnded }
      : await endTokensSteps(userId, 'stale' as const, sessionId)
    const marked = { factor: true as const, ...(undo && { undos: undo.undos }) }
    const steps = [
      ...(credentials.factor && !undo ? [] : [mark(credentials, marked)]),
      confirmation(factor, step),
      putFactorRecord(userId, found.record, stored, 'stale' as const),
      ...ending.steps,
      ...notice(userId, credentials, 'factor_added', undo?.id),
    ]
    return { steps, result: { codes, ended: ending.ended } }
  })
}

/** New recovery codes in the place of all others. @throws Problem not_found without a factor */
export async function renewRecoveryCodes(
  userId: string,
  sessionId: string,
): Promise<readonly string[]> {
  return change({ userId, sessionId }, async ({ record, factors }) => {
    if (!factors.some(({ confirmed }) => confirmed))
      throw new Problem('not_found', 'You have no second factor.')
    const { codes, stored } = await newRecoveryCodes(userId)
    const steps = [putFactorRecord(userId, record, stored, 'stale' as const)]
    return { steps, result: codes, event: 'recovery_codes_made' }
  })
}

/** Removes a factor; the recovery codes go with the last one. @throws Problem not_found */
export async function removeFactor(
  userId: string,
  factorId: string,
  sessionId: string,
): Promise<Factor> {
  return change({ userId, sessionId }, async (found) => {
    const factor = factorOf(found, factorId)
    const left = found.factors.filter((other) => other !== factor && other.confirmed)
    const isLast = factor.confirmed && left.length === 0
    const codes = isLast ? undefined : found.record?.codes
    const steps = [
      ...(isLast ? [mark(await credentialsOf(userId), { factor: undefined })] : []),
      deletionOf(factor),
      putFactorRecord(userId, found.record, codes, 'stale' as const),
    ]
    return { steps, result: factor, ...(factor.confirmed && { event: 'factor_removed' }) }
  })
}

/** Removes all factors and codes, and ends all sessions and keys: for a user who has lost them. */
export async function resetFactors(userId: string): Promise<Ended> {
  return change({ userId }, async (found) => {
    // They hold the count of logins: read first, it tells of a session that begins meanwhile.
    const credentials = await credentialsOf(userId)
    const { steps, ended } = await endTokensSteps(userId, 'stale' as const)
    return {
      steps: [
        mark(credentials, { factor: undefined }),
        ...deleteFactors(userId, found, 'stale' as const),
        ...steps,
      ],
      result: ended,
      event: 'factor_removed',
    }
  })
}

/** Whose factors change, and the session that asks for it; none where the operator does. */
interface Asked {
  readonly userId: string
  readonly sessionId?: string
}

interface Act<Result> {
  readonly steps: readonly Step<'stale'>[]
  readonly result: Result
  /** What the verified address is told of it. */
  readonly event?: NoticeEvent
}

/**
 * Makes every change of a user's factors: in one transaction, on what was read, and once more where
 * somebody else was faster.
 * @throws Problem unauthorized when the session that asks for it has ended meanwhile
 */
async function change<Result>(
  { userId, sessionId }: Asked,
  act: (found: Factors) => Act<Result> | Promise<Act<Result>>,
): Promise<Result> {
  const done = await retryOnConflict(async () => {
    const { steps, result, event } = await act(await readFactors(userId))
    const notices = event ? await noticeTo(userId, event) : []
    const asking = sessionId === undefined ? [] : [notEnded(userId, sessionId)]
    const failure = await transact<'stale' | 'ended'>([...asking, ...steps, ...notices])
    if (failure === 'ended') throw new Problem('unauthorized')
    return failure ? undefined : { result }
  })
  return done.result
}

function factorOf({ factors }: Factors, factorId: string): Factor {
  const factor = factors.find((one) => factorIdOf(one) === factorId)
  if (!factor) throw new Problem('not_found')
  return factor
}

async function credentialsOf(userId: string): Promise<Credentials> {
  const { credentials } = await retryOnConflict(() => readAccount(userId))
  return credentials
}

/** Notes in the credentials whether there is a factor: a login learns it from its one read. */
function mark(
  credentials: Credentials,
  marked: { factor: true | undefined } & Pick<Credentials, 'undos'>,
): Step<'stale'> {
  const Update = {
    TableName: tableName('credentials'),
    Key: { username: credentials.username },
    ...updateOf(marked, asRead(credentials)),
  }
  return { write: { Update }, failure: 'stale' }
}

function confirmation({ userId, sessionId }: Factor, step: number): Step<'stale'> {
  const attributes = {
    confirmed: true,
    confirmedAt: Math.floor(Date.now() / 1000),
    lastStep: step,
    lastUsedAt: new Date().toISOString(),
    ttl: undefined,
  }
  const Update = {
    TableName: tableName('sessions'),
    Key: { userId, sessionId },
    ...updateOf(attributes, [exists('userId'), equal('confirmed', false)]),
  }
  return { write: { Update }, failure: 'stale' }
}

function put(factor: Factor): Step<'stale'> {
  const Put = { TableName: tableName('sessions'), Item: factor, ...missing('userId') }
  return { write: { Put }, failure: 'stale' }
}
