import { Duration, Stack } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { accept } from './findings.ts'
import {
  lettersIn,
  mailReputation,
  measured,
  period,
  refusedByGateway,
  streamDelay,
  throttledInAccount,
  type Watched,
} from './measures.ts'
import { named } from './named.ts'
import { stackName } from './stages.ts'

interface Rule {
  readonly metric: IMetric
  /** From this value on. */
  readonly from: number
  /** In at least `breaching` of the last `of` periods. */
  readonly periods?: readonly [breaching: number, of: number]
  /** What to do about it. */
  readonly advice: string
}

/** The alarms, sent to the topic; no data means that all is well. */
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

/** Each looks at one metric: a sum has no value where one of its parts has none. */
function rules({ stage, api, functions, deadLetters }: Watched): Record<string, Rule> {
  const sum = { statistic: Stats.SUM, period }
  return {
    ServerErrors: {
      metric: api.metricServerError(sum),
      from: 5,
      advice:
        'The API answers 5xx. Run the saved query server-errors: the cause is in the log line.',
    },
    Latency: {
      metric: api.metricLatency({ statistic: 'p99', period }),
      from: 3000,
      periods: [3, 5],
      advice: 'One request in a hundred takes over 3 s. Run the saved query slowest-routes.',
    },
    LoginFailures: {
      metric: measured(stage, 'login_failed'),
      from: 100,
      advice: 'Somebody is trying passwords. Run the saved query failed-logins-by-address.',
    },
    StolenTokens: {
      metric: measured(stage, 'refresh_token_reused'),
      from: 1,
      advice:
        'A refresh token was used twice, and its session has ended: the token was stolen, or a client keeps old tokens. The security log line has the id of the user.',
    },
    LoginThrottles: {
      metric: measured(stage, 'login_throttled'),
      from: 100,
      advice: 'Many logins are being throttled. Run the saved query failed-logins-by-address.',
    },
    GatewayThrottles: {
      metric: refusedByGateway(stage, 'THROTTLED'),
      from: 100,
      advice: 'The gateway refuses requests over the throttle of the stage: an attack, or success.',
    },
    // Concurrency is a limit of the account: whoever uses it up takes it from all.
    FunctionThrottles: {
      metric: Lambda.metricAllThrottles(sum),
      from: 1,
      advice: 'Lambda has no concurrency left in this account. Ask for more, or find who uses it.',
    },
    TableReadThrottles: {
      metric: throttledInAccount('Read'),
      from: 10,
      advice: 'DynamoDB throttles reads of a table in this account. The dashboard shows which.',
    },
    TableWriteThrottles: {
      metric: throttledInAccount('Write'),
      from: 10,
      advice: 'DynamoDB throttles writes: a hot key, or a list index that needs more shards.',
    },
    RotationErrors: {
      metric: named(functions, 'rotate-keys').metricErrors(sum),
      from: 1,
      advice: 'The rotation of the signing keys fails. The log of rotate-keys says why.',
    },
    ...(stage.mailFrom && {
      MailFailures: {
        metric: measured(stage, 'mail_failed'),
        from: 5,
        advice:
          'SES rejects mail: a quota, the sandbox, a domain that is not verified. The log of mailer names its error; they are tried again.',
      },
      // AWS may stop all sending of the account from 10 % bounces or 0.5 % complaints on.
      MailBounces: {
        metric: mailReputation('Bounce'),
        from: 0.05,
        advice:
          'One mail in twenty bounces. Find out who signs up with addresses that do not exist, before AWS stops all sending.',
      },
      MailComplaints: {
        metric: mailReputation('Complaint'),
        from: 0.001,
        advice:
          'One mail in a thousand is called spam. Check what is mailed to whom before AWS stops all sending.',
      },
    }),
    ...Object.fromEntries(
      [...deadLetters].flatMap(([name, queue]): [string, Rule][] => [
        [
          `StreamDelay-${name}`,
          {
            metric: streamDelay(name, named(functions, name)),
            from: 60 * 60 * 1000,
            advice: `Changes wait over an hour for ${name}. Its log says why.`,
          },
        ],
        [
          `DeadLetters-${name}`,
          {
            metric: lettersIn(queue, name),
            from: 1,
            advice: `${name} gave up on a change. Its log names the item, and the stream has the change for an hour: see "Changes that were given up" in docs/operations.md.`,
          },
        ],
      ]),
    ),
    KeyAge: {
      metric: measured(stage, 'keyAgeDays', Stats.MAXIMUM).with({ period: Duration.days(1) }),
      from: stage.rotationDays + 3,
      advice: 'The signing keys were not rotated when due. See the rotation of the secret.',
    },
  }
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
  if (stage.alarmEmail) {
    accept(made, 'Serverless-SNSRedrivePolicy', 'A mailbox has no queue; SNS tries again.')
    made.addSubscription(new EmailSubscription(stage.alarmEmail))
  }
  return made
}
