import { openSecret } from '../auth/factors/factor-secrets.ts'
import { withoutCode } from '../auth/factors/recovery-codes.ts'
import { matchingStep } from '../auth/factors/totp.ts'
import { tableName } from '../config/environment.ts'
import type { Step } from '../store/dynamodb.ts'
import { equal, less, updateOf } from '../store/expressions.ts'
import {
  type Factor,
  type FactorRecord,
  type Factors,
  factorIdOf,
  recordHeld,
  useCode,
} from './factor-rows.ts'

/** What proves a second factor: a code of an app, or a recovery code. */
export interface Proof {
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
}

/**
 * The writes that use up a proof, for the transaction that it is given for: a proof counts once,
 * whatever it was used for. They fail when it was used meanwhile, or the factors have changed.
 * @returns undefined for what proves nothing
 */
export async function proofSteps(
  userId: string,
  { record, factors }: Factors,
  { code, recoveryCode }: Proof,
): Promise<Step<'used'>[] | undefined> {
  if (!record) return undefined
  if (recoveryCode !== undefined) return recoverySteps(userId, record, recoveryCode)
  for (const factor of factors.filter(({ confirmed }) => confirmed)) {
    const step = await stepOfCode(factor, code ?? '')
    if (step !== undefined) return [useStep(factor, step), recordHeld(userId, record, 'used')]
  }
  return undefined
}

/** The time step whose code this is; undefined for a code that is wrong, old or used. */
export async function stepOfCode(factor: Factor, code: string): Promise<number | undefined> {
  const { userId, secret, lastStep } = factor
  const opened = await openSecret(secret, { userId, factorId: factorIdOf(factor) })
  return matchingStep(opened, code, lastStep, Date.now())
}

/** Moves the last step on, never back: any number of tries with one code succeed once. */
function useStep({ userId, sessionId }: Factor, step: number): Step<'used'> {
  const used = { lastStep: step, lastUsedAt: new Date().toISOString() }
  const Update = {
    TableName: tableName('sessions'),
    Key: { userId, sessionId },
    ...updateOf(used, [equal('confirmed', true), less('lastStep', step)]),
  }
  return { write: { Update }, failure: 'used' }
}

async function recoverySteps(
  userId: string,
  record: FactorRecord,
  code: string,
): Promise<Step<'used'>[] | undefined> {
  const left = record.codes && (await withoutCode(record.codes, code, userId))
  return left && [useCode(userId, record, left, 'used')]
}
