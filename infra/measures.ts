import { Duration } from 'aws-cdk-lib'
import type { SpecRestApi } from 'aws-cdk-lib/aws-apigateway'
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { metricsNamespace } from '../functions/config/environment.ts'
import type { SecurityEvent } from '../functions/invocation/security-events.ts'
import type { ProblemCode } from '../functions/model/problems.ts'
import { type Stage, serviceName } from './stages.ts'

/** What there is to look at. */
export interface Watched {
  readonly stage: Stage
  readonly api: SpecRestApi
  readonly functions: ReadonlyMap<string, Lambda>
  readonly tables: ReadonlyMap<string, Table>
  /** What functions behind a stream gave up on, by function. */
  readonly deadLetters: ReadonlyMap<string, Queue>
}

/** What the functions measure; the names are those of the log. */
type Measure =
  | SecurityEvent
  | `problem_${ProblemCode}`
  | 'coldStart'
  | 'durationMs'
  | 'mail_sent'
  | 'mail_withheld'
  | 'mail_failed'
  | 'keyAgeDays'

export const period = Duration.minutes(5)

export function measured(stage: Stage, metricName: Measure, statistic = Stats.SUM): Metric {
  return new Metric({
    namespace: metricsNamespace,
    metricName,
    dimensionsMap: { service: serviceName(stage) },
    label: metricName.replace(/^problem_/, ''),
    statistic,
    period,
  })
}

/** Answers that the gateway gave itself, by the type of the response. */
export const gatewayRefusals = 'gateway_refusals'

export function refusedByGateway(stage: Stage, refusal: string): Metric {
  return new Metric({
    namespace: metricsNamespace,
    metricName: gatewayRefusals,
    dimensionsMap: { service: serviceName(stage), refusal },
    label: refusal,
    statistic: Stats.SUM,
    period,
  })
}

/** Requests to a table that DynamoDB turned away, before the SDK tried again. */
export function throttledBy(table: Table, kind: 'Read' | 'Write', label: string): Metric {
  return table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM, period, label })
}

/**
 * The same for all tables and indexes in the account and region, in however many of them it happened.
 * A table's own metric leaves its indexes out.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
 */
export function throttledInAccount(kind: 'Read' | 'Write'): MathExpression {
  return new MathExpression({
    expression: `SELECT SUM(${kind}ThrottleEvents) FROM "AWS/DynamoDB"`,
    label: `${kind.toLowerCase()}s, tables and indexes`,
    period,
  })
}

/**
 * The part of the account's mails in this region that come back, or that somebody complains of.
 *
 * @see https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
 */
export function mailReputation(rate: 'Bounce' | 'Complaint'): Metric {
  return new Metric({
    namespace: 'AWS/SES',
    metricName: `Reputation.${rate}Rate`,
    statistic: Stats.AVERAGE,
    period: Duration.hours(1),
  })
}

/** For how long the oldest change has been waiting for a function, milliseconds. */
export function streamDelay(name: string, lambda: Lambda): Metric {
  return lambda.metric('IteratorAge', {
    statistic: Stats.MAXIMUM,
    period,
    label: `${name} is behind, ms`,
  })
}

/** What a function behind a stream gave up on. */
export function lettersIn(queue: Queue, label: string): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    period,
    label,
  })
}
