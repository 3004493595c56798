import { setTimeout as delay } from 'node:timers/promises'
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import { Problem } from '../model/problems.ts'
import { call, type Input, type OperationName, type Output } from './client.ts'
import { mapUnavailable, unavailable, withinDeadline } from './failures.ts'

/** DynamoDB's operations, with plain objects for items; each as `send` sends it. */
export function batchWrite(input: Input<'BatchWriteItem'>) {
  return send('BatchWriteItem', input)
}

export function get(input: Input<'GetItem'>) {
  return send('GetItem', input)
}

export function put(input: Input<'PutItem'>) {
  return send('PutItem', input)
}

export function query(input: Input<'Query'>) {
  return send('Query', input)
}

export function remove(input: Input<'DeleteItem'>) {
  return send('DeleteItem', input)
}

export function update(input: Input<'UpdateItem'>) {
  return send('UpdateItem', input)
}

export type QueryInput = Input<'Query'>

/**
 * Calls DynamoDB; its own failures become `unavailable`, failed conditions stay. What collides with
 * a transaction is tried again, with jitter: DynamoDB and its SDK leave that to the caller.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
async function send<Name extends OperationName>(
  name: Name,
  input: Input<Name>,
): Promise<Output<Name>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await mapUnavailable(call(name, input))
    } catch (error) {
      if (isTooLarge(error)) throw new Problem('payload_too_large', `The item ${largerThan}.`)
      if (isWithoutIndex(error)) throw new Problem('index_building', undefined, { cause: error })
      if (!isCollision(error)) throw error
      if (attempt === attempts) throw unavailable(error)
      await pause(attempt)
    }
  }
}

type TransactionItem = NonNullable<Input<'TransactWriteItems'>['TransactItems']>[number]

/** One write of a transaction. */
export interface Step<Failure extends string = never> {
  readonly write: TransactionItem
  /** What it means if its condition fails; absent for a write without a condition. */
  readonly failure?: Failure
}

const attempts = 8

/**
 * All writes or none.
 *
 * @returns the `failure` of the first step whose condition failed; undefined when all is written.
 *   Where an earlier step collided, its condition is not known: the other transaction may be half
 *   visible.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export async function transact<Failure extends string>(
  steps: readonly Step<Failure>[],
): Promise<Failure | undefined> {
  try {
    await send('TransactWriteItems', { TransactItems: steps.map(({ write }) => write) })
    return undefined
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error
    const [code, step] = firstReason(error)
    const failure = steps[step]?.failure
    if (failure !== undefined && code === 'ConditionalCheckFailed') return failure
    throw error
  }
}

function isCollision(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) return fleeting.has(firstReason(error)[0])
  return (error as Error).name === 'TransactionConflictException'
}

/** What DynamoDB says of an item over 400 KB, written alone or in a transaction. */
function isTooLarge(error: unknown): boolean {
  const { message = '' } = error as Error
  const texts =
    error instanceof TransactionCanceledException
      ? (error.CancellationReasons ?? []).map(({ Message = '' }) => Message)
      : [message]
  return texts.some((text) => /^item size .*exceeded/i.test(text))
}

/** For a `catch`: of an item over 400 KB, what is wrong with it. @throws any other error */
export function sayTooLarge(error: unknown): typeof largerThan {
  if (error instanceof Problem && error.code === 'payload_too_large') return largerThan
  throw error
}

export const largerThan = 'would be larger than 400 KB'

/** An index that a deployment has not made yet, or that DynamoDB is still filling. */
function isWithoutIndex(error: unknown): boolean {
  const { message = '' } = error as Error
  return /does not have the specified index|backfilling global secondary index/i.test(message)
}

/** Why a transaction was cancelled, and which of its steps was the first to fail. */
function firstReason({ CancellationReasons = [] }: TransactionCanceledException) {
  const codes = CancellationReasons.map(({ Code }) => Code ?? 'None')
  const step = codes.findIndex((code) => code !== 'None')
  return [codes[step] ?? 'None', step] as const
}

/**
 * Waits before another attempt, longer each time, with jitter.
 * @throws Problem 503 when the invocation's time ends meanwhile
 */
export async function pause(attempt: number): Promise<void> {
  await mapUnavailable(withinDeadline(delay(Math.random() * 20 * 2 ** attempt)))
}

/**
 * Repeats an attempt that somebody else's write overtook (optimistic locking). In each round
 * somebody got ahead, so many rounds mean many writers of one item.
 * @param attempt returns undefined when it was overtaken
 * @throws Problem 503 after 20 rounds
 */
export async function retryOnConflict<Result>(
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let round = 1; round <= 20; round++) {
    const result = await attempt()
    if (result !== undefined) return result
    // Many writers of one item would meet again and again.
    if (round > 2) await pause(Math.min(round - 2, 4))
  }
  throw unavailable(new Error('An item was overwritten 20 times during one update'))
}

const fleeting: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

/**
 * Deletes an item as a transaction of one: when the SDK sends that again because the answer was
 * lost, it is answered the same. A conditional DeleteItem would find nothing and be called failed.
 * @returns false when the condition failed
 */
export async function deleteIf(item: NonNullable<TransactionItem['Delete']>): Promise<boolean> {
  return (await transact([{ write: { Delete: item }, failure: 'condition_failed' }])) === undefined
}

/** Waits for a conditional write; undefined when its condition failed. */
export async function ifCondition<Result>(write: Promise<Result>): Promise<Result | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}
