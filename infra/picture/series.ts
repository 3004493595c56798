import type { AwsCall } from '../local/calls.ts'

/** What happened in one period, as the local runner saw it. */
export interface Observed {
  readonly lines: readonly string[]
  readonly calls: readonly AwsCall[]
  readonly instances: Readonly<Record<string, number>>
  readonly deadLetters: number
}

/** A metric's samples in one period, by `namespace/name/value of each dimension`. */
export type Samples = ReadonlyMap<string, readonly number[]>

export function metricKey(namespace: string, name: string, dimensions: readonly string[]): string {
  return [namespace, name, ...dimensions].join('/')
}

interface Names {
  readonly api: string
  /** Physical names by the function's own. */
  readonly functions: ReadonlyMap<string, string>
  readonly deadLetters: string
}

/** What CloudWatch would have taken in: the functions' own metrics, and those of AWS's services. */
export function samples(observed: Observed, names: Names): Samples {
  const found = new Map<string, number[]>()
  const add = (namespace: string, name: string, dimensions: readonly string[], value: number) => {
    const key = metricKey(namespace, name, dimensions)
    found.set(key, [...(found.get(key) ?? []), value])
  }
  for (const text of observed.lines) {
    const line = JSON.parse(text)
    for (const { Namespace, Dimensions, Metrics } of line._aws?.CloudWatchMetrics ?? [])
      for (const { Name } of Metrics)
        add(
          Namespace,
          Name,
          Dimensions[0].map((dimension: string) => line[dimension]),
          line[Name],
        )
    if ('refusal' in line) {
      const status = Number(line.status)
      add('AWS/ApiGateway', 'Count', [names.api], 1)
      add('AWS/ApiGateway', 'Latency', [names.api], Number(line.latencyMs))
      add('AWS/ApiGateway', '4XXError', [names.api], Number(status >= 400 && status < 500))
      add('AWS/ApiGateway', '5XXError', [names.api], Number(status >= 500))
      if (line.refusal !== '-')
        add('Portcullis', 'gateway_refusals', [line.refusal, line.service], 1)
    }
  }
  for (const call of observed.calls)
    for (const table of tablesOf(call)) {
      const kind = /^(Query|.*Get)/.test(call.operation) ? 'Read' : 'Write'
      const share = call.capacityUnits / tablesOf(call).length
      add('AWS/DynamoDB', `Consumed${kind}CapacityUnits`, [table], share)
    }
  for (const [name, count] of Object.entries(observed.instances))
    add('AWS/Lambda', 'ConcurrentExecutions', [names.functions.get(name) ?? name], count)
  add('AWS/SQS', 'ApproximateNumberOfMessagesVisible', [names.deadLetters], observed.deadLetters)
  return found
}

interface Part {
  readonly TableName?: string
}

/** The table of each part of a call; a transaction has several. */
function tablesOf({ request }: AwsCall): string[] {
  const parts = ((request.TransactItems ?? []) as Record<string, Part>[]).flatMap(Object.values)
  return [request as Part, ...(parts as Part[])].flatMap(({ TableName }) => TableName ?? [])
}

/** `Sum`, `Maximum`, `p99` … of the samples; undefined where there are none. */
export function statistic(name: string, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  if (name === 'Sum') return values.reduce((sum, value) => sum + value, 0)
  if (name === 'Maximum') return Math.max(...values)
  if (name === 'Average') return values.reduce((sum, value) => sum + value, 0) / values.length
  const percentile = Number(name.slice(1))
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.ceil((percentile / 100) * sorted.length) - 1]
}
