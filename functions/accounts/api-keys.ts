import { newApiKey } from '../auth/tokens/api-key.ts'
import { tableName } from '../config/environment.ts'
import { type Fault, invalid, Problem } from '../model/problems.ts'
import { query, remove, retryOnConflict, type Step, transact } from '../store/dynamodb.ts'
import { allOf, equal } from '../store/expressions.ts'
import { newRevision } from '../store/layout.ts'
import { type ApiKey, isLive, keyIdOfRow, keyRow } from './api-key-rows.ts'
import { maxApiKeys } from './limits.ts'
import { noticeTo } from './notices.ts'
import { notEnded } from './sessions.ts'

/** What a new key is to be. */
interface NewApiKey {
  readonly name: string
  readonly scope: string
  readonly expiresAt?: string | undefined
  readonly maxUses?: number | undefined
}

/** The session or the key that makes a key. */
export interface Maker extends Pick<ApiKey, 'userId' | 'sessionId' | 'role'> {}

/**
 * A record beside the keys that changes with every new one: whatever ends keys makes sure by it
 * that none was made since they were read.
 */
const record = 'keys'

/** The good keys of a user, newest first, and the rows of those that are no longer good. */
async function readKeys(userId: string) {
  const { Items = [] } = await query({
    TableName: tableName('sessions'),
    // The ids of sessions are hexadecimal, and so sort before.
    KeyConditionExpression: '#userId = :userId AND #sessionId >= :first',
    ExpressionAttributeNames: { '#userId': 'userId', '#sessionId': 'sessionId' },
    ExpressionAttributeValues: { ':userId': userId, ':first': 'key' },
    ConsistentRead: true,
    ScanIndexForward: false,
  })
  const version = Items.find(({ sessionId }) => sessionId === record)?.version as string | undefined
  const rows = Items.filter(({ sessionId }) => sessionId !== record) as ApiKey[]
  return {
    version,
    keys: rows.filter(isLive),
    gone: rows.filter((row) => !isLive(row)),
  }
}

/** The keys that a caller may see, newest first: a key sees itself and its descendants. */
export async function listApiKeys(userId: string, own?: string): Promise<ApiKey[]> {
  const { keys } = await readKeys(userId)
  return own === undefined ? keys : keys.filter((key) => isWithin(key, own))
}

function isWithin({ sessionId, ancestors }: ApiKey, keyId: string): boolean {
  return keyIdOfRow(sessionId) === keyId || ancestors.includes(keyId)
}

/**
 * Makes a key, within what its maker has.
 * @param found faults of what is wanted, which are told beside those that are found here
 * @throws Problem 422 where it would be wider, limit_reached, or 401 when the maker has ended
 */
export async function makeApiKey(
  { userId, sessionId, role }: Maker,
  wanted: NewApiKey,
  found: readonly Fault[],
): Promise<{ row: ApiKey; key: string }> {
  return retryOnConflict(async () => {
    const { version, keys, gone } = await readKeys(userId)
    const parentId = keyIdOfRow(sessionId)
    // This request may have been the last use of the key that makes it.
    const parent = [...keys, ...gone].find((key) => key.sessionId === sessionId)
    if (parentId !== undefined && !parent) throw new Problem('unauthorized')
    const bounds = within(wanted, parent, found)
    const taken = parent?.usesLeft === undefined ? undefined : bounds.usesLeft
    if (keys.length >= maxApiKeys)
      throw new Problem('limit_reached', `You have ${maxApiKeys} API keys already.`)
    for (const row of gone) await removeRow(row)
    const { keyId, hash, key } = newApiKey(userId, bounds.usesLeft !== undefined)
    const row: ApiKey = {
      userId,
      sessionId: keyRow(keyId),
      hash,
      name: wanted.name,
      scope: wanted.scope,
      role,
      createdAt: new Date().toISOString(),
      ...bounds,
      ancestors: parent && parentId ? [...parent.ancestors, parentId] : [],
    }
    const failure = await transact<'overtaken' | 'ended'>([
      { write: { Put: putRecord(userId, version) }, failure: 'overtaken' },
      taken === undefined ? notEnded(userId, sessionId) : takeUses(userId, sessionId, taken),
      { write: { Put: { TableName: tableName('sessions'), Item: row } } },
      ...(await noticeTo(userId, 'key_made')),
    ])
    if (failure === 'overtaken') return undefined
    // Uses may have been spent since; else the maker has ended.
    if (failure && parent?.usesLeft !== undefined) return undefined
    if (failure) throw new Problem('unauthorized')
    return { row, key }
  })
}

/** The end and the uses of a new key. @throws Problem 422 where they exceed its parent's */
function within(
  { expiresAt, maxUses }: NewApiKey,
  parent: ApiKey | undefined,
  found: readonly Fault[],
) {
  const faults = [...found]
  const end = expiresAt ?? parent?.expiresAt
  if (end !== undefined && Date.parse(end) <= Date.now())
    faults.push({ pointer: '/expiresAt', detail: 'must be in the future' })
  if (end !== undefined && parent?.expiresAt !== undefined && end > parent.expiresAt)
    faults.push({ pointer: '/expiresAt', detail: `must not be later than ${parent.expiresAt}` })
  if (parent?.usesLeft !== undefined && (maxUses === undefined || maxUses > parent.usesLeft))
    faults.push({
      pointer: '/maxUses',
      detail:
        parent.usesLeft > 0
          ? `must be 1 to ${parent.usesLeft}, the number of uses left`
          : 'must be within the uses of this key, and this request was the last',
    })
  if (faults.length > 0) throw invalid(...faults)
  return {
    ...(end !== undefined && { expiresAt: end, ttl: Math.ceil(Date.parse(end) / 1000) }),
    ...(maxUses !== undefined && { usesLeft: maxUses }),
  }
}

function putRecord(userId: string, version: string | undefined) {
  return {
    TableName: tableName('sessions'),
    Item: { userId, sessionId: record, version: newRevision() },
    ...allOf([equal('version', version)]),
  }
}

/** Where the uses of the maker are counted, the new key's are taken from them. */
function takeUses(userId: string, sessionId: string, uses: number): Step<'ended'> {
  const Update = {
    ...rowAt({ userId, sessionId }),
    UpdateExpression: 'ADD #usesLeft :less',
    ConditionExpression: '#usesLeft >= :uses',
    ExpressionAttributeNames: { '#usesLeft': 'usesLeft' },
    ExpressionAttributeValues: { ':uses': uses, ':less': -uses },
  }
  return { write: { Update }, failure: 'ended' }
}

/**
 * Ends a key and all its descendants, in one transaction; also those of a key that has expired or
 * is used up.
 * @returns the ids of the good keys that have ended; none when there are no such keys
 */
export async function endApiKey(userId: string, keyId: string): Promise<readonly string[]> {
  return retryOnConflict(async () => {
    const { version, keys } = await readKeys(userId)
    const ending = keys.filter((key) => isWithin(key, keyId))
    if (ending.length === 0) return []
    // The record stays: where it is missing there are no keys.
    const failure = await transact<'overtaken'>([
      { write: { Put: putRecord(userId, version) }, failure: 'overtaken' },
      ...ending.map(deletionOf),
    ])
    return failure ? undefined : ending.map(({ sessionId }) => keyIdOfRow(sessionId) ?? '')
  })
}

/** What ends all keys of a user, as a part of a transaction; it fails when one was made since. */
export async function endAllApiKeys<Failure extends string>(userId: string, failure: Failure) {
  const { version, keys, gone } = await readKeys(userId)
  const held = { ...rowAt({ userId, sessionId: record }), ...allOf([equal('version', version)]) }
  const deletions = [...keys, ...gone].map(deletionOf)
  const steps: Step<Failure>[] = [{ write: { Delete: held }, failure }, ...deletions]
  return { steps, count: keys.length }
}

function deletionOf(row: ApiKey): Step<never> {
  return { write: { Delete: rowAt(row) } }
}

async function removeRow(row: ApiKey): Promise<void> {
  await remove(rowAt(row))
}

function rowAt({ userId, sessionId }: Pick<ApiKey, 'userId' | 'sessionId'>) {
  return { TableName: tableName('sessions'), Key: { userId, sessionId } }
}
