import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock } from './clock.ts'
import { type Engine, EngineError } from './engine.ts'
import { matchesPattern } from './event-filter.ts'
import { Failure } from './failure.ts'
import type { FunctionPool } from './functions.ts'
import { type Log, platformLog } from './logs.ts'
import type { EventSourceModel } from './model.ts'

/** What is sent to the on-failure destination. */
export interface DeadLetter {
  destination: string
  message: Record<string, unknown>
}

interface StreamRecord {
  eventName: string
  dynamodb: { SequenceNumber: string }
}

/** How far each event source has come, kept over restarts. */
export interface Positions {
  get(key: string): string | undefined
  set(key: string, sequenceNumber: string): void
}

export function createPositions(file?: string): Positions {
  const known: Record<string, string> =
    file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return {
    get: (key) => known[key],
    set(key, sequenceNumber) {
      known[key] = sequenceNumber
      if (file === undefined) return
      writeFileSync(`${file}.tmp`, JSON.stringify(known))
      renameSync(`${file}.tmp`, file)
    },
  }
}

export interface Poller {
  /** Looks for records now, rather than at the next turn. */
  wake(): void
  stop(): Promise<void>
}

export interface PollerOptions {
  source: EventSourceModel
  engine: Engine
  pool: FunctionPool
  positions: Positions
  clock: Clock
  log: Log
  onDeadLetter: (letter: DeadLetter) => void
}

const turnMs = 500

/**
 * An event source mapping: brings the records of a table's stream to a function, in order and at
 * least once. A batch that fails is repeated, as often as the mapping says, then given up.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export async function startPoller(options: PollerOptions): Promise<Poller> {
  const { source, engine, pool, positions, clock, log } = options
  const { Table } = await engine.call('DescribeTable', { TableName: source.tableName })
  const { LatestStreamArn: streamArn } = Table as { LatestStreamArn?: string }
  if (streamArn === undefined) throw new Failure(`${source.id}: the table has no stream`)
  // A table that was made anew has a new stream, whose records are read from its beginning.
  const key = `${source.id} ${streamArn}`
  const ShardId = await firstShard(engine, streamArn)
  const iterate = async (parameters: object) => {
    const request = { StreamArn: streamArn, ShardId, ...parameters }
    return (await engine.call('GetShardIterator', request)).ShardIterator as string
  }

  let running = true
  let wakeUp = () => {}
  let awake = false

  async function begin(): Promise<string> {
    const SequenceNumber = positions.get(key)
    if (SequenceNumber !== undefined) {
      return iterate({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber })
    }
    return iterate({ ShardIteratorType: source.fromLatest ? 'LATEST' : 'TRIM_HORIZON' })
  }

  async function poll(): Promise<void> {
    let iterator = await begin()
    while (running) {
      const request = { ShardIterator: iterator, Limit: source.batchSize }
      const answer = await engine.call('GetRecords', request)
      const records = answer.Records as StreamRecord[]
      await deliver(records.filter(fits), clock.now())
      if (!running) return
      const last = records.at(-1)
      if (last !== undefined) positions.set(key, last.dynamodb.SequenceNumber)
      iterator = answer.NextShardIterator as string
      if (records.length === 0) await rest(turnMs)
    }
  }

  async function rest(ms: number): Promise<void> {
    if (!awake) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        wakeUp = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    awake = false
  }

  function fits(record: StreamRecord): boolean {
    return source.filters.length === 0 || source.filters.some((f) => matchesPattern(f, record))
  }

  /**
   * Invokes the function until the records are done with, one way or the other. Their age counts
   * from when they were read: the engine's clock is the real one, the functions' may be moved.
   */
  async function deliver(records: StreamRecord[], since: number, attempt = 0): Promise<void> {
    if (records.length === 0 || !running) return
    const { maximumAgeMs = Number.POSITIVE_INFINITY } = source
    if (clock.now() - since > maximumAgeMs) return giveUp(records, 'RecordAgeExceeded')
    const failed = await firstFailure(records)
    if (failed === undefined || !running) return
    const remaining = records.slice(failed)
    if (source.maximumRetries >= 0 && attempt >= source.maximumRetries)
      return giveUp(remaining, 'RetryAttemptsExhausted')
    await new Promise((resolve) => setTimeout(resolve, Math.min(50 * 2 ** attempt, 2000)))
    if (source.bisect && remaining.length > 1) {
      const half = Math.ceil(remaining.length / 2)
      await deliver(remaining.slice(0, half), since, attempt + 1)
      return deliver(remaining.slice(half), since, attempt + 1)
    }
    return deliver(remaining, since, attempt + 1)
  }

  /** The index of the first record that must be repeated; `undefined`: none. */
  async function firstFailure(records: StreamRecord[]): Promise<number | undefined> {
    const Records = records.map((record) => {
      return { ...record, awsRegion: 'us-east-1', eventSourceARN: source.streamArn }
    })
    try {
      const answer = JSON.parse(await pool.invoke(JSON.stringify({ Records }))) as Reported | null
      const failures = source.reportsFailures ? (answer?.batchItemFailures ?? []) : []
      if (failures.length === 0) return undefined
      const reported = new Set(failures.map(({ itemIdentifier }) => itemIdentifier))
      const at = records.findIndex(({ dynamodb }) => reported.has(dynamodb.SequenceNumber))
      return Math.max(at, 0)
    } catch {
      return 0
    }
  }

  function giveUp(records: StreamRecord[], condition: string): void {
    const message = `gave up on ${records.length} records of ${source.tableName}`
    platformLog(log, 'ERROR', message, { function: pool.model.tag })
    if (source.deadLetterArn === undefined) return
    options.onDeadLetter({
      destination: source.deadLetterArn,
      message: {
        requestContext: { functionArn: source.functionArn, condition },
        DDBStreamBatchInfo: {
          streamArn: source.streamArn,
          shardId: ShardId,
          startSequenceNumber: records[0]?.dynamodb.SequenceNumber,
          endSequenceNumber: records.at(-1)?.dynamodb.SequenceNumber,
          batchSize: records.length,
        },
      },
    })
  }

  async function keepPolling(): Promise<void> {
    while (running) {
      try {
        await poll()
      } catch (error) {
        if (!running) return
        const reason = error instanceof EngineError ? error.message : String(error)
        platformLog(log, 'ERROR', `the stream of ${source.tableName} failed: ${reason}`)
        await rest(turnMs)
      }
    }
  }

  const loop = keepPolling()
  return {
    wake() {
      awake = true
      wakeUp()
    },
    async stop() {
      running = false
      wakeUp()
      await loop
    },
  }
}

interface Reported {
  batchItemFailures?: { itemIdentifier: string }[]
}

async function firstShard(engine: Engine, StreamArn: string): Promise<string> {
  const { StreamDescription } = await engine.call('DescribeStream', { StreamArn })
  const { Shards = [] } = StreamDescription as { Shards?: { ShardId: string }[] }
  const [shard] = Shards
  if (shard === undefined) throw new Failure(`the stream ${StreamArn} has no shard`)
  return shard.ShardId
}
