import { randomBytes } from 'node:crypto'
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { tableName } from '../config/environment.ts'
import { ifCondition, remove, update } from './dynamodb.ts'

/** So many tries in a window of so many seconds, which begins with its first try. */
export interface Budget {
  readonly count: number
  readonly seconds: number
}

/** The window of a counter that a try fell into. */
export interface Window {
  readonly key: string
  /** When the window ends, seconds since the epoch. */
  readonly endsAt: number
  /** False: the budget was used up, and the try was not counted. */
  readonly taken: boolean
}

/**
 * Counts a try, unless the budget of the window is used up. One conditional write decides, so that
 * any number of functions at once take exactly as many tries as there are. The counter keeps the id
 * of its last try: the SDK repeats a write whose answer was lost.
 * @param id the same for a try that is repeated
 */
export async function consume(
  key: string,
  { count, seconds }: Budget,
  id = randomBytes(9).toString('base64url'),
): Promise<Window> {
  for (;;) {
    const now = Date.now() / 1000
    const fresh = Math.floor(now) + seconds
    const window = await addTry(key, id, count, now, fresh)
    if (window.taken || window.endsAt > now) return window
    if (await startWindow(window, id, fresh)) return { key, endsAt: fresh, taken: true }
  }
}

/** Takes a counted try back, if its window is still the current one. */
export async function refund({ key, endsAt }: Window): Promise<void> {
  await ifCondition(
    update({
      TableName: tableName('throttle'),
      Key: { key },
      UpdateExpression: 'ADD #tries :less',
      ConditionExpression: '#endsAt = :endsAt AND #tries > :none',
      ExpressionAttributeNames: { '#tries': 'tries', '#endsAt': 'endsAt' },
      ExpressionAttributeValues: { ':less': -1, ':none': 0, ':endsAt': endsAt },
    }),
  )
}

/** Forgets all tries of a counter. */
export async function reset({ key }: Pick<Window, 'key'>): Promise<void> {
  await remove({ TableName: tableName('throttle'), Key: { key } })
}

async function addTry(
  key: string,
  id: string,
  count: number,
  now: number,
  fresh: number,
): Promise<Window> {
  const counted = update({
    TableName: tableName('throttle'),
    Key: { key },
    UpdateExpression: 'SET #last = :id, #endsAt = if_not_exists(#endsAt, :fresh) ADD #tries :one',
    ConditionExpression:
      'attribute_not_exists(#endsAt) OR (#endsAt > :now AND #tries < :count AND #last <> :id)',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: {
      ':id': id,
      ':fresh': fresh,
      ':one': 1,
      ':now': now,
      ':count': count,
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  try {
    return { key, endsAt: Number((await counted).Attributes?.endsAt), taken: true }
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    return { key, endsAt: Number(error.Item?.endsAt?.N), taken: error.Item?.last?.S === id }
  }
}

const names = { '#last': 'last', '#tries': 'tries', '#endsAt': 'endsAt' }

/** @returns false when another try has begun the next window already */
async function startWindow({ key, endsAt }: Window, id: string, fresh: number): Promise<boolean> {
  const begun = update({
    TableName: tableName('throttle'),
    Key: { key },
    UpdateExpression: 'SET #last = :id, #endsAt = :fresh, #tries = :one',
    ConditionExpression: '#endsAt = :endsAt',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: { ':id': id, ':fresh': fresh, ':one': 1, ':endsAt': endsAt },
  })
  return (await ifCondition(begun)) !== undefined
}
