import { type ApiKeyParts, sameHash } from '../auth/tokens/api-key.ts'
import { tableName } from '../config/environment.ts'
import type { Role } from '../model/scopes.ts'
import { get, ifCondition, update } from '../store/dynamodb.ts'
import { equal, updateOf } from '../store/expressions.ts'

/**
 * An API key, beside its user's sessions: a key is good exactly as long as its row exists, and has
 * neither run out nor been used up.
 */
export interface ApiKey {
  readonly userId: string
  /** `key#` and the id; a session's id stands alone. */
  readonly sessionId: string
  readonly hash: string
  readonly name: string
  readonly scope: string
  readonly role: Role
  readonly createdAt: string
  readonly expiresAt?: string
  /** The same in seconds, for DynamoDB's time to live, which deletes late. */
  readonly ttl?: number
  /** Absent where uses do not count. */
  readonly usesLeft?: number
  readonly lastUsedAt?: string
  /** The invocation that counted the last use: the SDK repeats a write whose answer was lost. */
  readonly lastUse?: string
  /** The ids of the keys that it was made by, the eldest first. */
  readonly ancestors: readonly string[]
}

const prefix = 'key#'

/** The sort key of a key's row. */
export function keyRow(keyId: string): string {
  return prefix + keyId
}

/** The id of the key whose row it is; undefined for a session's. */
export function keyIdOfRow(sessionId: string): string | undefined {
  return sessionId.startsWith(prefix) ? sessionId.slice(prefix.length) : undefined
}

/** True while the key has neither run out nor been used up. */
export function isLive({ expiresAt, usesLeft }: ApiKey): boolean {
  return !(expiresAt && Date.parse(expiresAt) <= Date.now()) && usesLeft !== 0
}

/** Reads the key that was presented, strongly consistent; spends no use. */
export async function readApiKey(presented: ApiKeyParts): Promise<ApiKey | undefined> {
  const row = await readPresented(presented)
  return row && isLive(row) ? row : undefined
}

/** The same, also of a key that has run out or is used up: its descendants may go on. */
export async function readPresented(presented: ApiKeyParts): Promise<ApiKey | undefined> {
  const row = await readRow(presented)
  return row && sameHash(row.hash, presented.hash) ? row : undefined
}

/**
 * The key that was presented, with a use spent where uses are counted: one write then, else one
 * read. The time of the last use is written once a minute at most.
 * @param use the id of this use; the same use is counted once
 */
export async function spendApiKey(
  presented: ApiKeyParts,
  use: string,
): Promise<ApiKey | undefined> {
  if (presented.counted) return spendOne(presented, use)
  const row = await readApiKey(presented)
  if (row && Date.parse(row.lastUsedAt ?? '1970-01-01') <= Date.now() - 60_000) await stamp(row)
  return row
}

async function spendOne(presented: ApiKeyParts, use: string): Promise<ApiKey | undefined> {
  const now = new Date().toISOString()
  const spent = update({
    TableName: tableName('sessions'),
    Key: keyOf(presented),
    UpdateExpression: 'SET #lastUsedAt = :now, #lastUse = :use ADD #usesLeft :less',
    ConditionExpression:
      '#hash = :hash AND #usesLeft > :none AND (attribute_not_exists(#expiresAt) OR #expiresAt > :now) AND (attribute_not_exists(#lastUse) OR #lastUse <> :use)',
    ExpressionAttributeNames: Object.fromEntries(
      ['hash', 'usesLeft', 'expiresAt', 'lastUsedAt', 'lastUse'].map((name) => [`#${name}`, name]),
    ),
    ExpressionAttributeValues: {
      ':now': now,
      ':use': use,
      ':less': -1,
      ':none': 0,
      ':hash': presented.hash,
    },
    ReturnValues: 'ALL_NEW',
  })
  const row = (await ifCondition(spent))?.Attributes as ApiKey | undefined
  if (row) return row
  const refused = await readPresented(presented)
  return refused?.lastUse === use ? refused : undefined
}

/** Whoever comes first in a minute writes; what has ended meanwhile is not revived. */
async function stamp({ userId, sessionId, hash, lastUsedAt }: ApiKey): Promise<void> {
  const attributes = { lastUsedAt: new Date().toISOString() }
  await ifCondition(
    update({
      TableName: tableName('sessions'),
      Key: { userId, sessionId },
      ...updateOf(attributes, [equal('hash', hash), equal('lastUsedAt', lastUsedAt)]),
    }),
  )
}

async function readRow(presented: ApiKeyParts): Promise<ApiKey | undefined> {
  const { Item } = await get({
    TableName: tableName('sessions'),
    Key: keyOf(presented),
    ConsistentRead: true,
  })
  return Item as ApiKey | undefined
}

function keyOf({ userId, keyId }: ApiKeyParts) {
  return { userId, sessionId: keyRow(keyId) }
}
