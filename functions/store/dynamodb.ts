import { setTimeout as delay } from 'node:timers/promises'
import {
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { capacity } from '../config/capacity.ts'
import { Problem } from '../http/problems.ts'

/** The one DynamoDB client of a function; region and credentials are Lambda's. */
const client = new DynamoDBClient({ maxAttempts: 3 })
client.middlewareStack.add(
  (next, { commandName }) =>
    async (call) => {
      const input = { ...call.input, ReturnConsumedCapacity: 'TOTAL' as const }
      const result = await next({ ...call, input })
      const { ConsumedCapacity = [] } = result.output as Consumption
      const kind = /^(Query|.*Get)/.test(commandName ?? '') ? 'read' : 'write'
      for (const { CapacityUnits = 0 } of [ConsumedCapacity].flat()) capacity[kind] += CapacityUnits
      return result
    },
  { step: 'initialize', name: 'capacity' },
)
const documents = DynamoDBDocumentClient.from(client, {
  marshallOptions: { removeUndefinedValues: true },
})

interface Consumption {
  readonly ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[]
}

export type Attributes = Record<string, unknown>

/** Sends a command; DynamoDB's own failures become `unavailable`, failed conditions stay. */
export const send: typeof documents.send = (async (command: never) => {
  try {
    return await documents.send(command)
  } catch (error) {
    throw isFleeting(error) ? unavailable(error) : error
  }
}) as typeof documents.send

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
      await delay(Math.random() * 20 * 2 ** attempt)
    }
  }
}

const fleetingReasons = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

/** Sends a conditional write; undefined when its condition failed. */
export async function ifCondition<Output>(write: Promise<Output>): Promise<Output | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}

/** Throttling, DynamoDB's own errors and broken connections, after the SDK's retries. */
function isFleeting(error: unknown): boolean {
  const { name, $metadata, $retryable } = error as Partial<ServiceException>
  if (error instanceof TransactionCanceledException) return false
  if ($retryable || name === 'TimeoutError' || name === 'TransactionInProgressException')
    return true
  const status = $metadata?.httpStatusCode
  return status === undefined ? connectionErrors.test(String(error)) : status >= 500
}

const connectionErrors = /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|socket hang up/

interface ServiceException {
  name: string
  $retryable: unknown
  $metadata: { httpStatusCode?: number }
}

export function unavailable(cause: unknown): Problem {
  return new Problem('unavailable', undefined, { cause, headers: { 'Retry-After': '1' } })
}
