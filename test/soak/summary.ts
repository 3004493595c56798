import type { Sample } from './sample.ts'

/** One request. */
export interface Shot {
  readonly kind: string
  /** When it was due, milliseconds since the start. */
  readonly dueMs: number
  /** From when it was due to the end of its answer, including the wait before it was sent. */
  readonly tookMs: number
  /** 0 where there was no answer. */
  readonly status: number
  readonly expected: boolean
}

export interface Summary {
  readonly seconds: number
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds, by kind and of all. */
  readonly latencyMs: Readonly<Record<string, Latency>>
  readonly statuses: Readonly<Record<string, number>>
  readonly unexpected: number
  readonly serverErrors: number
  readonly errorLines: number
  /** The most instances of functions at one time. */
  readonly instances: number
  readonly memoryMb: {
    /** Means of the second and of the last fifth of the time, and what lies between them. */
    readonly early: number
    readonly late: number
    readonly growth: string
  }
  /** In equal parts of the time, from the first to the last. */
  readonly overTime: readonly Slot[]
}

export interface Slot {
  /** When it begins, seconds since the start. */
  readonly at: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly memoryMb: number
}

interface Latency {
  readonly requests: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export function summarize(shots: readonly Shot[], samples: readonly Sample[]): Summary {
  const seconds = Math.max(...shots.map(({ dueMs, tookMs }) => dueMs + tookMs)) / 1000
  const byKind = Map.groupBy(shots, ({ kind }) => kind)
  const byStatus = Map.groupBy(shots, ({ status }) => String(status))
  const fifth = Math.ceil(samples.length / 5)
  const [early, late] = [samples.slice(fifth, 2 * fifth), samples.slice(-fifth)].map(memory)
  return {
    seconds: round(seconds),
    requests: shots.length,
    perSecond: round(shots.length / seconds),
    latencyMs: Object.fromEntries(
      [['all', shots] as const, ...byKind].map(([kind, some]) => [kind, latency(some)]),
    ),
    statuses: Object.fromEntries([...byStatus].map(([status, some]) => [status, some.length])),
    unexpected: shots.filter(({ expected }) => !expected).length,
    serverErrors: shots.filter(({ status }) => status === 0 || status >= 500).length,
    errorLines: samples.at(-1)?.errors ?? 0,
    instances: Math.max(...samples.map(({ instances }) => instances)),
    memoryMb: {
      early: round(early ?? 0),
      late: round(late ?? 0),
      growth: `${round(((late ?? 0) / (early ?? 1) - 1) * 100)} %`,
    },
    overTime: overTime(shots, samples, seconds),
  }
}

function overTime(shots: readonly Shot[], samples: readonly Sample[], seconds: number): Slot[] {
  const count = Math.min(60, Math.ceil(seconds / 2))
  const byDue = Map.groupBy(shots, ({ dueMs }) => Math.floor((dueMs / 1000 / seconds) * count))
  return Array.from({ length: count }, (_, slot) => {
    const { p50, p95, p99 } = latency(byDue.get(slot) ?? [])
    const [from, to] = [slot, slot + 1].map((at) => (at * samples.length) / count)
    const at = round((slot * seconds) / count)
    return { at, p50, p95, p99, memoryMb: round(memory(samples.slice(from, to))) }
  })
}

function latency(shots: readonly Shot[]): Latency {
  const sorted = shots.map(({ tookMs }) => tookMs).toSorted((left, right) => left - right)
  const at = (share: number) => round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
  return { requests: shots.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

function memory(samples: readonly Sample[]): number {
  return samples.reduce((sum, { memoryMb }) => sum + memoryMb, 0) / samples.length
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
