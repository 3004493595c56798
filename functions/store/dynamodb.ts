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

/** Sends a command; DynamoDB's own failures become `unavailable`, failed conditions stay. */
export const send = ((command: { readonly input: object }) =>
  answered(sendDocument(command))) as DynamoDBDocumentClient['send']

export type TransactionItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

/** One write of a transaction, and what it means that its condition failed. */
export interface Step<Outcome> {
  readonly write: TransactionItem
  readonly otherwise: Outcome
}

const transactionAttempts = 8

/**
 * All writes or none. Collisions with other transactions are tried again, with jitter: DynamoDB
 * and its SDK leave that to the caller.
 *
 * @returns the `otherwise` of the first step that failed, if its condition did; undefined when all
 *   is written. Where an earlier one collided its condition is not known: the other transaction may
 *   be half visible.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export async function transact<Outcome>(
  steps: readonly Step<Outcome>[],
): Promise<Outcome | undefined> {
  const command = new TransactWriteCommand({ TransactItems: steps.map(({ write }) => write) })
  for (let attempt = 1; ; attempt++) {
    try {
      await send(command)
      return undefined
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error
      const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None')
      const first = codes.findIndex((code) => code !== 'None')
      const failed = steps[first]
      if (failed && codes[first] === 'ConditionalCheckFailed') return failed.otherwise
      if (!fleetingReasons.has(codes[first] ?? '')) throw error
      if (attempt === transactionAttempts) throw unavailable(error)
      await pause(attempt)
    }
  }
}

/**
 * Waits before another attempt, longer each time, with jitter.
 * @throws Problem 503 when the invocation's time ends meanwhile
 */
export async function pause(attempt: number): Promise<void> {
  await answered(inTime(delay(Math.random() * 20 * 2 ** attempt)))
}

const fleetingReasons = new Set([
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
