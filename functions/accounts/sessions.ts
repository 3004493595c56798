import { tableName } from '../config/environment.ts'
import type { Role } from '../model/scopes.ts'
import {
  deleteIf,
  get,
  ifCondition,
  query,
  remove,
  type Step,
  transact,
  update,
} from '../store/dynamodb.ts'
import { allOf, equal, exists, greater, updateOf } from '../store/expressions.ts'
import { type Credentials, unchanged } from './credentials.ts'
import { maxSessions } from './limits.ts'

/** One signed-in device. An access token is good exactly as long as its session's row exists. */
export interface Session {
  readonly userId: string
  readonly sessionId: string
  /** Of the refresh token that is valid now. */
  readonly generation: number
  /** When the generation before it was used, milliseconds; absent until the first refresh. */
  readonly refreshedAt?: number
  /** When its user last proved who they are, seconds; where absent, when it began. */
  readonly authTime?: number
  readonly scope: string
  readonly role: Role
  readonly userAgent: string
  readonly ip: string
  /** Of the latest refresh; absent until the first. */
  readonly lastUserAgent?: string
  readonly lastIp?: string
  /** Its refresh token is in a cookie, and counts nowhere else. */
  readonly cookie?: true
  readonly createdAt: string
  readonly lastUsedAt: string
  /** When the session is over, unless it is refreshed before. */
  readonly expiresAt: string
  /** The same in seconds, for DynamoDB's time to live, which deletes late. */
  readonly ttl: number
}

/** Reads a session, strongly consistent: this read is what makes revocation immediate. */
export async function readSession(userId: string, sessionId: string): Promise<Session | undefined> {
  const { Item } = await get({
    TableName: tableName('sessions'),
    Key: { userId, sessionId },
    ConsistentRead: true,
  })
  const session = Item as Session | undefined
  return session && session.ttl * 1000 > Date.now() ? session : undefined
}

/**
 * Begins a session, unless the credentials have changed since they were read.
 * @param proof what uses up the proof of a second factor, and its challenge
 * @returns what has changed or been used meanwhile; undefined when the session has begun
 */
export async function startSession(
  credentials: Credentials,
  session: Session,
  proof: readonly Step<'used' | 'spent'>[],
): Promise<'changed' | 'used' | 'spent' | undefined> {
  const outcome = await transact<'changed' | 'used' | 'spent'>([
    ...proof,
    {
      write: {
        Update: {
          TableName: tableName('credentials'),
          Key: { username: credentials.username },
          ...loginCounted(credentials),
        },
      },
      failure: 'changed',
    },
    { write: { Put: { TableName: tableName('sessions'), Item: session } } },
  ])
  if (!outcome) await endExcessSessions(session.userId)
  return outcome
}

/**
 * Every login counts in the credentials' row: whatever takes power away from a user is conditional
 * on that count, so that no session slips in between its query and its deletes.
 */
function loginCounted(credentials: Credentials) {
  const { ExpressionAttributeNames, ExpressionAttributeValues, ...condition } = allOf(
    unchanged(credentials),
  )
  return {
    ...condition,
    UpdateExpression: 'ADD #logins :one',
    ExpressionAttributeNames: { ...ExpressionAttributeNames, '#logins': 'logins' },
    ExpressionAttributeValues: { ...ExpressionAttributeValues, ':one': 1 },
  }
}

/**
 * Moves a session on to the next generation of its refresh token.
 * @returns undefined when the session is over or the generation is not the current one
 */
export async function advanceSession(
  { userId, sessionId, generation }: Pick<Session, 'userId' | 'sessionId' | 'generation'>,
  attributes: Pick<
    Session,
    'lastUsedAt' | 'expiresAt' | 'ttl' | 'refreshedAt' | 'lastUserAgent' | 'lastIp'
  >,
): Promise<Session | undefined> {
  const next = { ...attributes, generation: generation + 1 }
  const advanced = update({
    TableName: tableName('sessions'),
    Key: { userId, sessionId },
    ...updateOf(next, [equal('generation', generation), greater('ttl', Date.now() / 1000)]),
    ReturnValues: 'ALL_NEW',
  })
  return (await ifCondition(advanced))?.Attributes as Session | undefined
}

/** Requires that a session, or the API key of such a row, has not ended meanwhile. */
export function notEnded(userId: string, sessionId: string): Step<'ended'> {
  const { ConditionExpression = '', ...rest } = allOf([exists('userId')])
  const Key = { userId, sessionId }
  const ConditionCheck = { TableName: tableName('sessions'), Key, ConditionExpression, ...rest }
  return { write: { ConditionCheck }, failure: 'ended' }
}

/** Notes that the session's user has proved once more who they are; it fails when it has ended. */
export function renewProof(userId: string, sessionId: string): Step<'ended'> {
  const Update = {
    TableName: tableName('sessions'),
    Key: { userId, sessionId },
    ...updateOf({ authTime: Math.floor(Date.now() / 1000) }, [exists('userId')]),
  }
  return { write: { Update }, failure: 'ended' }
}

/**
 * Ends a session; its tokens are refused from the next request on.
 * @returns what it was; undefined when it had ended before
 */
export async function deleteSession(
  userId: string,
  sessionId: string,
): Promise<Session | undefined> {
  const ended = await remove({
    TableName: tableName('sessions'),
    Key: { userId, sessionId },
    ReturnValues: 'ALL_OLD',
  })
  return ended.Attributes as Session | undefined
}

/**
 * Ends a session that is not over yet.
 * @returns false when the user has no such session
 */
export async function endOneSession(userId: string, sessionId: string): Promise<boolean> {
  return deleteIf({
    TableName: tableName('sessions'),
    Key: { userId, sessionId },
    ...allOf([greater('ttl', Date.now() / 1000)]),
  })
}

/** The sessions of a user, newest first. */
export async function listSessions(userId: string): Promise<Session[]> {
  const { Items = [] } = await query(ofUser(userId))
  const now = Date.now() / 1000
  return (Items as Session[]).filter(({ ttl }) => ttl > now)
}

/**
 * Ends the sessions beyond the limit, beginning with those that are over, and then with those that
 * signed in or were refreshed least recently: of several logins at once, the last one sees them all.
 * @returns the ids of the sessions that remain, including those that are over but not yet deleted
 */
export async function endExcessSessions(userId: string): Promise<string[]> {
  const { ExpressionAttributeNames: names, ...input } = ofUser(userId)
  const { Items = [] } = await query({
    ...input,
    ProjectionExpression: '#sessionId, #lastUsedAt, #ttl',
    ExpressionAttributeNames: { ...names, '#lastUsedAt': 'lastUsedAt', '#ttl': 'ttl' },
  })
  const now = Date.now() / 1000
  const over = ({ ttl }: Pick<Session, 'ttl'>) => Number(ttl <= now)
  const ids = (Items as Pick<Session, 'sessionId' | 'lastUsedAt' | 'ttl'>[])
    .sort((one, other) => over(one) - over(other) || (one.lastUsedAt < other.lastUsedAt ? 1 : -1))
    .map(({ sessionId }) => sessionId)
  await Promise.all(ids.slice(maxSessions).map((sessionId) => deleteSession(userId, sessionId)))
  return ids.slice(0, maxSessions)
}

/** There are so few that one page holds them all. */
function ofUser(userId: string) {
  return {
    TableName: tableName('sessions'),
    // Factors and API keys lie behind, under `factor#` and `key#`: ids of sessions begin with a time.
    KeyConditionExpression: '#userId = :userId AND #sessionId < :others',
    ExpressionAttributeNames: { '#userId': 'userId', '#sessionId': 'sessionId' },
    ExpressionAttributeValues: { ':userId': userId, ':others': 'factor' },
    ConsistentRead: true,
    ScanIndexForward: false,
  }
}

/** The delete of a session, as a part of a transaction. */
export function endSessionStep(userId: string, sessionId: string): Step {
  return { write: { Delete: { TableName: tableName('sessions'), Key: { userId, sessionId } } } }
}
