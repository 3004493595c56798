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
  /** Of an alarm widget: the names. */
  readonly alarms: readonly string[]
}

/** The widgets of the template's dashboard, just as they are deployed. */
export function widgets({ Resources }: Template): Widget[] {
  const resource = Object.values(Resources).find(
    ({ Type }) => Type === 'AWS::CloudWatch::Dashboard',
  )
  const body = JSON.parse(text(resource?.Properties?.DashboardBody, Resources))
  return body.widgets.map(widget)
}

/** A `Fn::Join` with every reference replaced by a name: an alarm's own, else the logical id. */
function text(value: unknown, resources: Template['Resources']): string {
  if (typeof value === 'string') return value
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>
  if (join) {
    const [separator, parts] = join as [string, unknown[]]
    return parts.map((part) => text(part, resources)).join(separator)
  }
  const id = String(Ref ?? (attribute as unknown[])[0])
  return String(resources[id]?.Properties?.AlarmName ?? id)
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

function widget({ x, y, width, height, properties }: Drawn): Widget {
  const { title, stacked = false, metrics = [], alarms = [] } = properties
  return { title, x, y, width, height, stacked, alarms, lines: metrics.map(line) }
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
