import { randomBytes } from 'node:crypto'
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { tableName } from '../config/environment.ts'
import { ifCondition, put, remove, update } from './dynamodb.ts'

/** `count` tries in a window of `seconds`, which begins with its first try. */
export interface Budget {
  readonly count: number
  readonly seconds: number
}

/**
 * A narrower counter in the item of a wider one, so that one write counts in both; it has the
 * window of the wider one. Each part with a failed try takes an attribute of some 15 bytes, and the
 * wider budget bounds how many there are.
 */
export interface Part {
  readonly name: string
  readonly count: number
}

/** The window of a counter that a try fell into. */
export interface Window {
  readonly key: string
  readonly part?: string | undefined
  /** When the window ends, seconds since the epoch. */
  readonly endsAt: number
  /** False: the budget was used up, and the try was not counted. */
  readonly taken: boolean
  /** For a try that was not counted: it is the part that was used up. */
  readonly partFull?: boolean
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
  { id = randomBytes(9).toString('base64url'), part }: { id?: string; part?: Part } = {},
): Promise<Window> {
  for (;;) {
    const now = Date.now() / 1000
    const fresh = Math.floor(now) + seconds
    const window = await addTry({ key, id, count, part }, now, fresh)
    if (window.taken || window.endsAt > now) return window
    if (await startWindow(window, id, fresh)) return { ...window, endsAt: fresh, taken: true }
  }
}

/** Takes a counted try back, from its part too, if its window is still the current one. */
export async function refund(window: Window): Promise<void> {
  // A success meanwhile has cleared the part: what is left is the whole.
  if (
    !window.part ||
    !(await giveBack(window, 'ADD #tries :less, #part :less', {
      text: '#part > :none',
    }))
  )
    await giveBack({ ...window, part: undefined }, 'ADD #tries :less')
}

/** Takes a counted try back as if it had never been: it is counted again when it is repeated. */
export async function forget(window: Window, id: string): Promise<void> {
  const last = { names: { '#last': 'last' }, values: { ':id': id } }
  const own = { ...last, text: '#last = :id' }
  if (await giveBack(window, 'REMOVE #last ADD #tries :less', own)) return
  // Where there is no last one, the answer to the first attempt was lost.
  const others = { ...last, text: 'attribute_exists(#last) AND #last <> :id' }
  await giveBack(window, 'ADD #tries :less', others)
}

/** Takes a counted try back, and forgets all tries of its part. */
export async function clearPart(window: Window): Promise<void> {
  await giveBack(window, 'REMOVE #part ADD #tries :less')
}

/** Forgets all tries of a part; the whole keeps them. */
export async function resetPart(key: string, part: string): Promise<void> {
  await ifCondition(
    update({
      TableName: tableName('throttle'),
      Key: { key },
      UpdateExpression: 'REMOVE #part',
      ConditionExpression: 'attribute_exists(#part)',
      ExpressionAttributeNames: { '#part': part },
    }),
  )
}

interface Further {
  readonly text: string
  readonly names?: Readonly<Record<string, string>>
  readonly values?: Readonly<Record<string, string>>
}

/** @returns whether it was given back */
async function giveBack({ key, part, endsAt }: Window, change: string, more?: Further) {
  const current = '#endsAt = :endsAt AND #tries > :none'
  const given = update({
    TableName: tableName('throttle'),
    Key: { key },
    UpdateExpression: change,
    ConditionExpression: more ? `${current} AND ${more.text}` : current,
    ExpressionAttributeNames: {
      '#tries': 'tries',
      '#endsAt': 'endsAt',
      ...(part && { '#part': part }),
      ...more?.names,
    },
    ExpressionAttributeValues: { ':less': -1, ':none': 0, ':endsAt': endsAt, ...more?.values },
  })
  return (await ifCondition(given)) !== undefined
}

/** Forgets all tries of a counter. */
export async function reset({ key }: Pick<Window, 'key'>): Promise<void> {
  await remove({ TableName: tableName('throttle'), Key: { key } })
}

interface Try {
  readonly key: string
  readonly id: string
  readonly count: number
  readonly part: Part | undefined
}

async function addTry({ key, id, count, part }: Try, now: number, fresh: number): Promise<Window> {
  const window = { key, part: part?.name }
  const free = '#endsAt > :now AND #tries < :count AND #last <> :id'
  const partFree = part ? ' AND (attribute_not_exists(#part) OR #part < :most)' : ''
  const added = part ? '#tries :one, #part :one' : '#tries :one'
  const counted = update({
    TableName: tableName('throttle'),
    Key: { key },
    UpdateExpression: `SET #last = :id, #endsAt = if_not_exists(#endsAt, :fresh) ADD ${added}`,
    ConditionExpression: `attribute_not_exists(#endsAt) OR (${free}${partFree})`,
    ExpressionAttributeNames: { ...names, ...(part && { '#part': part.name }) },
    ExpressionAttributeValues: {
      ':id': id,
      ':fresh': fresh,
      ':one': 1,
      ':now': now,
      ':count': count,
      ...(part && { ':most': part.count }),
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  try {
    return { ...window, endsAt: Number((await counted).Attributes?.endsAt), taken: true }
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    const { Item = {} } = error
    return {
      ...window,
      endsAt: Number(Item.endsAt?.N),
      taken: Item.last?.S === id,
      partFull: part !== undefined && Number(Item[part.name]?.N) >= part.count,
    }
  }
}

const names = { '#last': 'last', '#tries': 'tries', '#endsAt': 'endsAt' }

/** @returns false when another try has begun the next window already */
async function startWindow({ key, part, endsAt }: Window, id: string, fresh: number) {
  const condition = { TableName: tableName('throttle'), ConditionExpression: '#endsAt = :endsAt' }
  const begun = part
    ? // In the place of the whole item: the parts of the window before are over too.
      put({
        ...condition,
        Item: { key, last: id, endsAt: fresh, tries: 1, [part]: 1 },
        ExpressionAttributeNames: { '#endsAt': 'endsAt' },
        ExpressionAttributeValues: { ':endsAt': endsAt },
      })
    : update({
        ...condition,
        Key: { key },
        UpdateExpression: 'SET #last = :id, #endsAt = :fresh, #tries = :one',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':id': id, ':fresh': fresh, ':one': 1, ':endsAt': endsAt },
      })
  return (await ifCondition<unknown>(begun)) !== undefined
}
