import type { Clock } from '../clock.ts'
import { type Log, platformLog } from '../logs.ts'
import type { EventSourceModel } from '../model.ts'
import type { FunctionPool } from './function-pool.ts'

export interface StreamRecord {
  readonly eventName: string
  readonly dynamodb: { readonly SequenceNumber: string }
}

/** What is sent to the on-failure destination. */
export interface DeadLetter {
  readonly destination: string
  readonly message: Readonly<Record<string, unknown>>
}

export interface DeliveryOptions {
  readonly source: EventSourceModel
  readonly pool: FunctionPool
  readonly region: string
  readonly shardId: string
  readonly clock: Clock
  readonly log: Log
  readonly deadLetters: DeadLetter[]
  /** Whether somebody still wants it: a retry may last for ever. */
  readonly wanted: () => boolean
}

/**
 * Invokes the function until the records are done with, one way or the other. Their age counts
 * from when they were read: the engine's clock is the real one, the functions' may be moved.
 */
export async function deliver(
  options: DeliveryOptions,
  records: readonly StreamRecord[],
  since: number,
  attempt = 0,
): Promise<void> {
  const { source, clock, wanted } = options
  if (records.length === 0 || !wanted()) return
  const { maximumAgeMs = Number.POSITIVE_INFINITY } = source
  if (clock.now() - since > maximumAgeMs) return giveUp(options, records, 'RecordAgeExceeded')
  const failed = await firstFailure(options, records, since)
  if (failed === undefined || !wanted()) return
  const remaining = records.slice(failed)
  if (source.maximumRetries >= 0 && attempt >= source.maximumRetries) {
    return giveUp(options, remaining, 'RetryAttemptsExhausted')
  }
  await new Promise((resolve) => setTimeout(resolve, Math.min(50 * 2 ** attempt, 2000)))
  if (source.bisect && remaining.length > 1) {
    const half = Math.ceil(remaining.length / 2)
    await deliver(options, remaining.slice(0, half), since, attempt + 1)
    return deliver(options, remaining.slice(half), since, attempt + 1)
  }
  return deliver(options, remaining, since, attempt + 1)
}

interface Reported {
  readonly batchItemFailures?: readonly { readonly itemIdentifier?: string }[] | null
}

/**
 * The index of the first record that must be repeated; `undefined`: none. A reported id that is of
 * no record makes the whole batch fail.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
async function firstFailure(
  { source, pool, region }: DeliveryOptions,
  records: readonly StreamRecord[],
  since: number,
): Promise<number | undefined> {
  const ApproximateCreationDateTime = Math.floor(since / 1000)
  const Records = records.map((record) => {
    const dynamodb = { ...record.dynamodb, ApproximateCreationDateTime }
    return { ...record, dynamodb, awsRegion: region, eventSourceARN: source.streamArn }
  })
  try {
    const answer = JSON.parse(await pool.invoke(JSON.stringify({ Records }))) as Reported | null
    const failures = (source.reportsFailures && answer?.batchItemFailures) || []
    if (failures.length === 0) return undefined
    const places = failures.map(({ itemIdentifier }) =>
      records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === itemIdentifier),
    )
    return Math.max(0, Math.min(...places))
  } catch {
    return 0
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
function giveUp(
  { source, pool, shardId, log, deadLetters }: DeliveryOptions,
  records: readonly StreamRecord[],
  condition: string,
): void {
  const message = `gave up on ${records.length} records of ${source.tableName}: ${condition}`
  platformLog(log, 'ERROR', message, { function: pool.model.tag })
  if (source.deadLetterArn === undefined) return
  deadLetters.push({
    destination: source.deadLetterArn,
    message: {
      requestContext: { functionArn: source.functionArn, condition },
      DDBStreamBatchInfo: {
        streamArn: source.streamArn,
        shardId,
        startSequenceNumber: records[0]?.dynamodb.SequenceNumber,
        endSequenceNumber: records.at(-1)?.dynamodb.SequenceNumber,
        batchSize: records.length,
      },
    },
  })
}
