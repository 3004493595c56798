import type { Sample } from './sample.ts'

/** One request. */
export interface Shot {
  readonly kind: string
  /** When it was due, milliseconds since the start. */
  readonly dueMs: number
  /** From when it was due to the end of its answer: waiting to be sent counts. */
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
  /** Of functions, at most. */
  readonly instances: number
  readonly memoryMb: {
    /** Means of the second and of the last fifth of the time, and what lies between them. */
    readonly early: number
    readonly late: number
    readonly growth: string
  }
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
  }
}

export function latency(shots: readonly Shot[]): Latency {
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
