import { Failure } from '../../failure.ts'
import { type Engine, EngineError } from '../aws/engine.ts'
import { platformLog } from '../logs.ts'
import { type DeliveryOptions, deliver, type StreamRecord } from './delivery.ts'
import { matchesPattern } from './event-filter.ts'
import type { Positions } from './positions.ts'

/** An event source mapping at work. */
export interface EventSource {
  /** Looks for records now, rather than at the next turn. */
  wake(): void
  stop(): Promise<void>
}

export interface EventSourceOptions extends Omit<DeliveryOptions, 'wanted' | 'shardId'> {
  readonly engine: Engine
  readonly positions: Positions
}

const turnMs = 500

/**
 * Brings the records of a table's stream to a function, in order and at least once. Every mapping
 * of a table has a position of its own. A batch that fails is repeated, as often as the mapping
 * says, then given up.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export async function startEventSource(options: EventSourceOptions): Promise<EventSource> {
  const { source, engine, positions, clock, log } = options
  const stream = await streamOf(engine, source.tableName, source.id)
  // A table that was made anew has a new stream, whose records are read from its beginning.
  const key = `${source.id} ${stream.StreamArn}`
  const pause = interruptiblePause()
  let running = true
  const delivery = { ...options, shardId: stream.ShardId, wanted: () => running }

  function begin(): Promise<string> {
    const SequenceNumber = positions.get(key)
    const ShardIteratorType = source.fromLatest ? 'LATEST' : 'TRIM_HORIZON'
    return iterator(engine, {
      ...stream,
      ...(SequenceNumber === undefined
        ? { ShardIteratorType }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber }),
    })
  }

  async function poll(): Promise<void> {
    let ShardIterator = await begin()
    while (running) {
      const answer = await engine.call('GetRecords', { ShardIterator, Limit: source.batchSize })
      const records = answer.Records as StreamRecord[]
      await deliver(delivery, records.filter(fits), clock.now())
      if (!running) return
      const last = records.at(-1)
      if (last !== undefined) positions.set(key, last.dynamodb.SequenceNumber)
      ShardIterator = answer.NextShardIterator as string
      if (records.length === 0) await pause.rest(turnMs)
    }
  }

  function fits(record: StreamRecord): boolean {
    return source.filters.length === 0 || source.filters.some((f) => matchesPattern(f, record))
  }

  async function keepPolling(): Promise<void> {
    while (running) {
      try {
        await poll()
      } catch (error) {
        if (!running) return
        const reason = error instanceof EngineError ? error.message : String(error)
        platformLog(log, 'ERROR', `the stream of ${source.tableName} failed: ${reason}`)
        await pause.rest(turnMs)
      }
    }
  }

  const loop = keepPolling()
  return {
    wake: () => pause.end(),
    async stop() {
      running = false
      pause.end()
      await loop
    },
  }
}

interface Stream {
  readonly StreamArn: string
  readonly ShardId: string
}

/** The stream of a table, which has one shard here. */
async function streamOf(engine: Engine, TableName: string, id: string): Promise<Stream> {
  const { Table } = await engine.call('DescribeTable', { TableName })
  const { LatestStreamArn: StreamArn } = Table as { LatestStreamArn?: string }
  if (StreamArn === undefined) throw new Failure(`${id}: the table has no stream`)
  const { StreamDescription } = await engine.call('DescribeStream', { StreamArn })
  const { Shards = [] } = StreamDescription as { Shards?: { ShardId: string }[] }
  const [shard] = Shards
  if (shard === undefined) throw new Failure(`the stream ${StreamArn} has no shard`)
  return { StreamArn, ShardId: shard.ShardId }
}

async function iterator(engine: Engine, request: object): Promise<string> {
  return (await engine.call('GetShardIterator', request)).ShardIterator as string
}

/** A pause that may be ended before it has begun: then the next one is skipped. */
function interruptiblePause() {
  let ended = false
  let wake = () => {}
  return {
    async rest(ms: number): Promise<void> {
      if (!ended) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      ended = false
    },
    end(): void {
      ended = true
      wake()
    },
  }
}
