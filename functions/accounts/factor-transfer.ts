import { base32, fromBase32 } from '../auth/factors/base32.ts'
import { openSecret, sealSecret } from '../auth/factors/factor-secrets.ts'
import type { StoredCodes } from '../auth/factors/recovery-codes.ts'
import { tableName } from '../config/environment.ts'
import type { Step } from '../store/dynamodb.ts'
import { missing } from '../store/expressions.ts'
import { type Factor, factorIdOf, factorRow, putFactorRecord, readFactors } from './factor-rows.ts'

/** A second factor as an export with secrets has it. */
export interface ExportedFactor
  extends Pick<Factor, 'createdAt' | 'confirmedAt' | 'lastUsedAt' | 'lastStep'> {
  readonly id: string
  /** Base32, as the app has it. */
  readonly secret: string
}

/** What an export says about a user's factors. */
export interface FactorsRecord {
  readonly factors?: readonly ExportedFactor[] | undefined
  /** HMACs, of no use to a stack with another factor secret. */
  readonly recoveryCodes?: StoredCodes | undefined
}

/** The confirmed factors of a user. @param withSecrets when false, only what opens nothing */
export async function factorsToExport(
  userId: string,
  withSecrets: boolean,
): Promise<FactorsRecord> {
  const { record, factors } = await readFactors(userId)
  const confirmed = withSecrets ? factors.filter((factor) => factor.confirmed) : []
  const exported = await Promise.all(confirmed.map(opened))
  return {
    ...(exported.length > 0 && { factors: exported }),
    ...(record?.codes && { recoveryCodes: record.codes }),
  }
}

async function opened(factor: Factor): Promise<ExportedFactor> {
  const { userId, secret, createdAt, confirmedAt, lastUsedAt, lastStep } = factor
  const id = factorIdOf(factor)
  const text = base32(await openSecret(secret, { userId, factorId: id }))
  return { id, secret: text, createdAt, confirmedAt, lastUsedAt, lastStep }
}

/** The writes of an imported user's factors, for the transaction that makes the account. */
export async function importedFactors(
  userId: string,
  { factors = [], recoveryCodes }: FactorsRecord,
): Promise<Step<'factors_taken'>[]> {
  if (factors.length === 0 && !recoveryCodes) return []
  const rows = factors.map(async ({ id, secret, ...rest }): Promise<Step<'factors_taken'>> => {
    const row: Factor = {
      ...rest,
      userId,
      sessionId: factorRow(id),
      kind: 'totp',
      secret: await sealSecret(fromBase32(secret), { userId, factorId: id }),
      confirmed: true,
    }
    const Put = { TableName: tableName('sessions'), Item: row, ...missing('userId') }
    return { write: { Put }, failure: 'factors_taken' }
  })
  const record = putFactorRecord(userId, undefined, recoveryCodes, 'factors_taken' as const)
  return [...(await Promise.all(rows)), record]
}
