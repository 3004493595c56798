import type { Template } from '../local/assembly.ts'

/** A line of a graph. */
export interface Line {
  readonly key: readonly [namespace: string, name: string, dimensions: readonly string[]]
  readonly label: string
  readonly statistic: string
  readonly axis: 'left' | 'right'
}

/** A widget of the dashboard; positions are on its grid of 24 columns. */
export interface Widget {
  readonly title: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly stacked: boolean
  readonly lines: readonly Line[]
  readonly alarms: readonly Alarm[]
}

export interface Alarm {
  readonly name: string
  readonly from: number
  /** What it looks at; a query over all of an account's metrics is none of these. */
  readonly line: Line | undefined
}

/** The widgets of the template's dashboard, just as they are deployed. */
export function widgets({ Resources }: Template): Widget[] {
  const resource = Object.values(Resources).find(
    ({ Type }) => Type === 'AWS::CloudWatch::Dashboard',
  )
  const body = JSON.parse(text(resource?.Properties?.DashboardBody))
  return body.widgets.map((drawn: Drawn) => ({
    ...widget(drawn),
    alarms: (drawn.properties.alarms ?? []).map((id) => alarm(Resources[id]?.Properties)),
  }))
}

/** Text with every reference replaced by the logical id, which is the name in the local runner. */
function text(value: unknown): string {
  if (typeof value === 'string') return value
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>
  if (!join) return String(Ref ?? (attribute as unknown[])[0])
  const [separator, parts] = join as [string, unknown[]]
  return parts.map(text).join(separator)
}

interface AlarmProperties {
  readonly AlarmName: string
  readonly Threshold: number
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Value: unknown }[]
  readonly Statistic?: string
  readonly ExtendedStatistic?: string
  readonly Metrics?: readonly { readonly MetricStat?: MetricStat }[]
}

interface MetricStat {
  readonly Stat: string
  readonly Metric: Required<Pick<AlarmProperties, 'Namespace' | 'MetricName'>> &
    Pick<AlarmProperties, 'Dimensions'>
}

function alarm(properties: Record<string, unknown> | undefined): Alarm {
  const {
    AlarmName: label,
    Threshold: from,
    Metrics,
    ...own
  } = properties as unknown as AlarmProperties
  const stat = Metrics?.[0]?.MetricStat
  const { Namespace, MetricName, Dimensions = [] } = stat?.Metric ?? own
  const statistic = stat?.Stat ?? own.Statistic ?? own.ExtendedStatistic ?? 'Sum'
  const name = label.replace(/^Portcullis-\w+-/, '')
  if (!Namespace || !MetricName) return { name, from, line: undefined }
  const dimensions = Dimensions.map(({ Value }) => text(Value))
  return {
    name,
    from,
    line: { key: [Namespace, MetricName, dimensions], label, statistic, axis: 'left' },
  }
}

interface Drawn {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly properties: {
    readonly title: string
    readonly stacked?: boolean
    readonly metrics?: readonly (string | Options)[][]
    readonly alarms?: readonly string[]
  }
}

interface Options {
  readonly label?: string
  readonly stat?: string
  readonly yAxis?: string
}

function widget({ x, y, width, height, properties }: Drawn): Omit<Widget, 'alarms'> {
  const { title, stacked = false, metrics = [] } = properties
  return { title, x, y, width, height, stacked, lines: metrics.map(line) }
}

/** `[namespace, name, dimension, value, …, options]` */
function line(metric: readonly (string | Options)[]): Line {
  const names = metric.filter((part) => typeof part === 'string')
  const options = metric.find((part): part is Options => typeof part !== 'string') ?? {}
  const [namespace = '', name = '', ...dimensions] = names
  return {
    key: [namespace, name, dimensions.filter((_, index) => index % 2 === 1)],
    label: options.label ?? name,
    statistic: options.stat ?? 'Average',
    axis: options.yAxis === 'right' ? 'right' : 'left',
  }
}
