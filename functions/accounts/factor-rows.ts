import type { StoredCodes } from '../auth/factors/recovery-codes.ts'
import { tableName } from '../config/environment.ts'
import { query, type Step } from '../store/dynamodb.ts'
import { allOf, equal, updateOf } from '../store/expressions.ts'
import { newRevision } from '../store/layout.ts'

/** A second factor, beside its user's sessions. */
export interface Factor {
  readonly userId: string
  /** `factor#` and the id; a session's id stands alone. */
  readonly sessionId: string
  readonly kind: 'totp'
  /** Sealed. */
  readonly secret: string
  readonly createdAt: string
  /** A factor counts once it is confirmed. */
  readonly confirmed: boolean
  /** Since when, seconds since the epoch. */
  readonly confirmedAt?: number | undefined
  readonly lastUsedAt?: string | undefined
  /** The time step of the last code that was used; none at or before it counts. */
  readonly lastStep: number
  /** When it ends unless it is confirmed, seconds. */
  readonly ttl?: number
}

/**
 * The record beside the factors. Its revision changes with them and with whatever ends the user's
 * sessions: a challenge is good for one revision.
 */
export interface FactorRecord {
  readonly revision: string
  readonly codes?: StoredCodes | undefined
}

/** The factors of a user, newest first, as one consistent read found them. */
export interface Factors {
  readonly record: FactorRecord | undefined
  readonly factors: readonly Factor[]
  /** Those that nobody confirmed in time. */
  readonly gone: readonly Factor[]
}

const prefix = 'factor#'
const recordRow = 'factors'

/** The sort key of a factor's row. */
export function factorRow(factorId: string): string {
  return prefix + factorId
}

export function factorIdOf({ sessionId }: Factor): string {
  return sessionId.slice(prefix.length)
}

export async function readFactors(userId: string): Promise<Factors> {
  const { Items = [] } = await query({
    TableName: tableName('sessions'),
    KeyConditionExpression: '#userId = :userId AND begins_with(#sessionId, :factor)',
    ExpressionAttributeNames: { '#userId': 'userId', '#sessionId': 'sessionId' },
    ExpressionAttributeValues: { ':userId': userId, ':factor': 'factor' },
    ConsistentRead: true,
    ScanIndexForward: false,
  })
  const now = Date.now() / 1000
  const rows = Items.filter((row): row is typeof row & Factor => row.sessionId !== recordRow)
  const isLive = ({ ttl }: Factor) => ttl === undefined || ttl > now
  return {
    record: Items.find(({ sessionId }) => sessionId === recordRow) as FactorRecord | undefined,
    factors: rows.filter(isLive),
    gone: rows.filter((row) => !isLive(row)),
  }
}

/** Puts a record of a new revision, unless the factors have changed since they were read. */
export function putFactorRecord<Failure extends string>(
  userId: string,
  record: FactorRecord | undefined,
  codes: StoredCodes | undefined,
  failure: Failure,
): Step<Failure> {
  const Item = { ...recordKey(userId), revision: newRevision(), ...(codes && { codes }) }
  return { write: { Put: { ...table(), Item, ...held(record) } }, failure }
}

function deleteRecord<Failure extends string>(
  userId: string,
  record: FactorRecord | undefined,
  failure: Failure,
): Step<Failure> {
  return { write: { Delete: { ...table(), Key: recordKey(userId), ...held(record) } }, failure }
}

/** Requires that factors and challenges are still those that were read. */
export function recordHeld<Failure extends string>(
  userId: string,
  record: FactorRecord | undefined,
  failure: Failure,
): Step<Failure> {
  const { ConditionExpression = '', ...rest } = held(record)
  const ConditionCheck = { ...table(), Key: recordKey(userId), ConditionExpression, ...rest }
  return { write: { ConditionCheck }, failure }
}

/**
 * Stores the recovery codes that are left; fails as `recordHeld` does, and when another was used
 * since.
 */
export function useCode<Failure extends string>(
  userId: string,
  { revision, codes }: FactorRecord,
  left: StoredCodes,
  failure: Failure,
): Step<Failure> {
  const unchanged = [equal('revision', revision), equal('codes', codes)]
  const Update = {
    ...table(),
    Key: recordKey(userId),
    ...updateOf({ codes: left }, unchanged),
  }
  return { write: { Update }, failure }
}

/** Makes all challenges void, as a part of what ends all sessions; nothing where there are none. */
export async function voidChallenges<Failure extends string>(
  userId: string,
  failure: Failure,
): Promise<Step<Failure>[]> {
  const { record } = await readFactors(userId)
  if (!record) return []
  const changed = updateOf({ revision: newRevision() }, [equal('revision', record.revision)])
  return [{ write: { Update: { ...table(), Key: recordKey(userId), ...changed } }, failure }]
}

/** The deletes of all factors and codes of a user; they fail when the factors have changed since. */
export function deleteFactors<Failure extends string>(
  userId: string,
  { record, factors, gone }: Factors,
  failure: Failure,
): Step<Failure>[] {
  return [deleteRecord(userId, record, failure), ...[...factors, ...gone].map(deletionOf)]
}

/** Which factors and recovery codes are to go. */
interface Removal {
  /** The ids of factors. */
  readonly factors: ReadonlySet<string>
  /** Factors, and codes, that were made from these times on, seconds. */
  readonly factorsSince: number
  readonly codesSince: number
}

/** Removes some factors and makes all challenges void; `noneLeft` when the last that counted goes. */
export function removeSome<Failure extends string>(
  userId: string,
  { record, factors, gone }: Factors,
  { factors: ids, factorsSince, codesSince }: Removal,
  failure: Failure,
): { readonly steps: readonly Step<Failure>[]; readonly noneLeft: boolean } {
  const [kept, going] = [[] as Factor[], [...gone]]
  for (const factor of factors) {
    const { confirmed, confirmedAt = 0 } = factor
    const stays = confirmed && confirmedAt < factorsSince && !ids.has(factorIdOf(factor))
    ;(stays ? kept : going).push(factor)
  }
  const noneLeft = kept.length === 0 && going.some(({ confirmed }) => confirmed)
  const codes = record?.codes
  const keptCodes = !noneLeft && codes && codes.madeAt < codesSince ? codes : undefined
  if (!record && going.length === 0) return { steps: [], noneLeft }
  const steps = [putFactorRecord(userId, record, keptCodes, failure), ...going.map(deletionOf)]
  return { steps, noneLeft }
}

export function deletionOf({ userId, sessionId }: Factor): Step {
  return { write: { Delete: { ...table(), Key: { userId, sessionId } } } }
}

function held(record: FactorRecord | undefined) {
  return allOf([equal('revision', record?.revision)])
}

function recordKey(userId: string) {
  return { userId, sessionId: recordRow }
}

function table() {
  return { TableName: tableName('sessions') }
}
