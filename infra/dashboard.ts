import { Stack } from 'aws-cdk-lib'
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  PeriodOverride,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch'
import { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import type { SecurityEvent } from '../functions/invocation/security-events.ts'
import { type ProblemCode, problemTypes } from '../functions/model/problems.ts'
import {
  lettersIn,
  measured,
  period,
  refusedByGateway,
  streamDelay,
  throttledBy,
  throttledInAccount,
  type Watched,
} from './measures.ts'
import { named } from './named.ts'
import { stackName } from './stages.ts'

interface Graph {
  readonly title: string
  readonly left: readonly IMetric[]
  readonly right?: readonly IMetric[]
  readonly stacked?: boolean
}

/** One page that an operator keeps open: is it well, who signs in, what is refused, what is used. */
export function dashboard(scope: Construct, watched: Watched, alarms: readonly Alarm[]): void {
  const { stage } = watched
  const rows: readonly (readonly Graph[])[] = [
    traffic(watched),
    security(watched),
    use(watched),
    trouble(watched),
  ]
  const status = new AlarmStatusWidget({
    title: 'Alarms',
    alarms: [...alarms],
    width: 24,
    height: 3,
  })
  new Dashboard(scope, 'Dashboard', {
    // Unlike all else, dashboards of all regions share their names.
    dashboardName: `${stackName(stage)}-${Stack.of(scope).region}`,
    periodOverride: PeriodOverride.INHERIT,
    widgets: [[status], ...rows.map((row) => row.map(widget))],
  })
}

function traffic({ stage, api }: Watched): Graph[] {
  const latency = (statistic: string) => api.metricLatency({ statistic, period, label: statistic })
  return [
    {
      title: 'Requests',
      left: [
        api.metricCount({ statistic: Stats.SUM, period, label: 'requests' }),
        api.metricClientError({ statistic: Stats.SUM, period, label: '4xx' }),
        api.metricServerError({ statistic: Stats.SUM, period, label: '5xx' }),
      ],
    },
    { title: 'Latency, ms', left: ['p50', 'p90', 'p99'].map(latency) },
    {
      title: 'Time in the functions, ms, and cold starts',
      left: ['p50', 'p99'].map((statistic) =>
        measured(stage, 'durationMs', statistic).with({ label: statistic }),
      ),
      right: [measured(stage, 'coldStart').with({ label: 'cold starts' })],
    },
  ]
}

function security({ stage }: Watched): Graph[] {
  const events = (...names: SecurityEvent[]) => names.map((name) => measured(stage, name))
  const codes = Object.keys(problemTypes) as ProblemCode[]
  const types = ['UNAUTHORIZED', 'ACCESS_DENIED', 'THROTTLED', 'REQUEST_TOO_LARGE', 'WAF_FILTERED']
  return [
    { title: 'Logins', left: events('login_succeeded', 'login_failed', 'login_throttled') },
    {
      title: 'Sessions and accounts',
      left: events(
        'signed_up',
        'session_ended',
        'sessions_ended',
        'password_changed',
        'user_disabled',
        'user_deleted',
        'refresh_token_reused',
        'refresh_repeated_elsewhere',
        'api_key_made',
        'api_keys_ended',
      ),
    },
    {
      title: 'Refused, by code',
      stacked: true,
      left: [
        ...codes.map((code) => measured(stage, `problem_${code}`)),
        ...types.map((type) => refusedByGateway(stage, type)),
      ],
    },
  ]
}

function use({ functions, tables }: Watched): Graph[] {
  const consumed = (kind: 'Read' | 'Write') =>
    [...tables].map(([name, table]) =>
      table.metric(`Consumed${kind}CapacityUnits`, { statistic: Stats.SUM, period, label: name }),
    )
  const running = [...functions].map(([name, lambda]) =>
    lambda.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, period, label: name }),
  )
  return [
    { title: 'Functions running at once', left: running, stacked: true },
    { title: 'Read units, without indexes', left: consumed('Read'), stacked: true },
    { title: 'Write units, without indexes', left: consumed('Write'), stacked: true },
  ]
}

function trouble({ stage, functions, tables, deadLetters }: Watched): Graph[] {
  const throttled = [...tables].flatMap(([name, table]) => [
    throttledBy(table, 'Read', `${name} reads`),
    throttledBy(table, 'Write', `${name} writes`),
  ])
  return [
    {
      title: 'Throttled',
      left: [
        Lambda.metricAllThrottles({ statistic: Stats.SUM, period, label: 'functions' }),
        ...throttled,
        throttledInAccount('Read'),
        throttledInAccount('Write'),
      ],
    },
    {
      title: 'Rotation and changes',
      left: [
        named(functions, 'rotate-keys').metricErrors({
          statistic: Stats.SUM,
          period,
          label: 'failed rotations',
        }),
        ...[...deadLetters].map(([name, queue]) => lettersIn(queue, `dead letters of ${name}`)),
      ],
      right: [...deadLetters.keys()].map((name) => streamDelay(name, named(functions, name))),
    },
    { title: 'Age of the keys, days', left: [measured(stage, 'keyAgeDays', Stats.MAXIMUM)] },
  ]
}

function widget({ title, left, right, stacked = false }: Graph): IWidget {
  return new GraphWidget({
    title,
    left: [...left],
    ...(right && { right: [...right] }),
    stacked,
    width: 8,
    height: 6,
    leftYAxis: { min: 0, showUnits: false },
    rightYAxis: { min: 0, showUnits: false },
  })
}
