import { Duration, Stack } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import {
  measured,
  period,
  refusedByGateway,
  throttledBy,
  unattended,
  type Watched,
} from './measures.ts'
import { stackName } from './stages.ts'

interface Rule {
  readonly metric: IMetric
  /** From this value on. */
  readonly from: number
  /** In so many periods of the last so many. */
  readonly periods?: readonly [breaching: number, of: number]
  /** What to do about it. */
  readonly advice: string
}

/** The alarms, told to the topic; quiet means that nobody need look. */
export function alarms(scope: Construct, watched: Watched): readonly Alarm[] {
  const parent = new Construct(scope, 'Alarms')
  const action = new SnsAction(topic(parent, watched))
  return Object.entries(rules(watched)).map(([name, { metric, from, periods, advice }]) => {
    const [breaching, of] = periods ?? [1, 1]
    const alarm = new Alarm(parent, name, {
      alarmName: `${stackName(watched.stage)}-${name}`,
      alarmDescription: advice,
      metric,
      threshold: from,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: breaching,
      evaluationPeriods: of,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    alarm.addAlarmAction(action)
    alarm.addOkAction(action)
    return alarm
  })
}

function rules({ stage, api, functions, tables, deadLetters }: Watched): Record<string, Rule> {
  const throttles = [...tables.values()].flatMap((table) => [
    throttledBy(table, 'Read'),
    throttledBy(table, 'Write'),
  ])
  const background = unattended.flatMap((name) => functions.get(name) ?? [])
  return {
    ServerErrors: {
      metric: api.metricServerError({ statistic: Stats.SUM, period }),
      from: 5,
      advice:
        'The API answers 5xx. Run the saved query errors-by-code; the cause is in the log line.',
    },
    Latency: {
      metric: api.metricLatency({ statistic: 'p99', period }),
      from: 3000,
      periods: [3, 5],
      advice: 'One request in a hundred takes over 3 s. Run the saved query slowest-routes.',
    },
    LoginFailures: {
      metric: sum([measured(stage, 'login_failed'), measured(stage, 'login_throttled')]),
      from: 100,
      advice: 'Somebody is trying passwords. Run the saved query failed-logins-by-address.',
    },
    GatewayThrottles: {
      metric: refusedByGateway(stage, 'THROTTLED'),
      from: 100,
      advice: 'The gateway refuses requests over the throttle of the stage: an attack, or success.',
    },
    // Concurrency is a limit of the account: whoever uses it up takes it from all.
    FunctionThrottles: {
      metric: Lambda.metricAllThrottles({ statistic: Stats.SUM, period }),
      from: 1,
      advice: 'Lambda has no concurrency left in this account. Ask for more, or find who uses it.',
    },
    ...Object.fromEntries(
      chunks(throttles, metricsOfAlarm).map((metrics, index) => [
        `TableThrottles${index + 1}`,
        {
          metric: sum(metrics),
          from: 10,
          advice: 'DynamoDB throttles a table. A hot key, or a list index that needs more shards.',
        },
      ]),
    ),
    BackgroundErrors: {
      metric: sum(
        background.map((lambda) => lambda.metricErrors({ statistic: Stats.SUM, period })),
      ),
      from: 1,
      advice:
        'The rotation of keys or the clean-up after deleted users fails. Look into their logs.',
    },
    DeadLetters: {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period,
      }),
      from: 1,
      advice:
        'Posts of a deleted user are left: the clean-up gave up. Repair it and redrive the queue.',
    },
    KeyAge: {
      metric: measured(stage, 'keyAgeDays', Stats.MAXIMUM).with({ period: Duration.days(1) }),
      from: stage.rotationDays + 3,
      advice:
        'The keys were not rotated when they should have been. Look at the rotation of the secret.',
    },
  }
}

/** More metrics than that an alarm cannot add up. */
const metricsOfAlarm = 10

function sum(metrics: readonly IMetric[]): MathExpression {
  const named = metrics.map((metric, index) => [`m${index}`, metric] as const)
  return new MathExpression({
    expression: named.map(([name]) => `FILL(${name}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(named),
    period,
  })
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}

function topic(scope: Construct, { stage }: Watched): Topic {
  const made = new Topic(scope, 'Topic', {
    displayName: `Alarms of ${stackName(stage)}`,
    enforceSSL: true,
  })
  made.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [made.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  if (stage.alarmEmail) made.addSubscription(new EmailSubscription(stage.alarmEmail))
  return made
}
