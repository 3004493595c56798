import { setTimeout as delay } from 'node:timers/promises'
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { sendDocument } from './client.ts'
import { answered, inTime, unavailable } from './failures.ts'

export type Attributes = Record<string, unknown>

/**
 * Sends a command; DynamoDB's own failures become `unavailable`, failed conditions stay. What
 * collides with a transaction is tried again, with jitter: DynamoDB and its SDK leave that to the
 * caller.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
export const send = (async (command: { readonly input: object }) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await answered(sendDocument(command))
    } catch (error) {
      if (!isCollision(error)) throw error
      if (attempt === attempts) throw unavailable(error)
      await pause(attempt)
    }
  }
}) as DynamoDBDocumentClient['send']

export type TransactionItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

/** One write of a transaction, and what it means that its condition failed. */
export interface Step<Outcome> {
  readonly write: TransactionItem
  readonly otherwise: Outcome
}

const attempts = 8

/**
 * All writes or none.
 *
 * @returns the `otherwise` of the first step that failed, if its condition did; undefined when all
 *   is written. Where an earlier one collided its condition is not known: the other transaction may
 *   be half visible.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export async function transact<Outcome>(
  steps: readonly Step<Outcome>[],
): Promise<Outcome | undefined> {
  try {
    await send(new TransactWriteCommand({ TransactItems: steps.map(({ write }) => write) }))
    return undefined
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error
    const [code, step] = firstReason(error)
    const failed = steps[step]
    if (failed && code === 'ConditionalCheckFailed') return failed.otherwise
    throw error
  }
}

function isCollision(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) return fleeting.has(firstReason(error)[0])
  return (error as Error).name === 'TransactionConflictException'
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
  await answered(inTime(delay(Math.random() * 20 * 2 ** attempt)))
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
  return (await transact([{ write: { Delete: item }, otherwise: false }])) ?? true
}

/** Sends a conditional write; undefined when its condition failed. */
export async function ifCondition<Output>(write: Promise<Output>): Promise<Output | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}
