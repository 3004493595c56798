import { Duration } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as Lambda,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { pascalCase } from '../functions/model/names.ts'
import { accept } from './findings.ts'
import type { ChangeKind, FunctionSettings } from './functions.ts'
import { named } from './named.ts'

/**
 * Delivers changes of tables to the functions that want them, and answers each function's queue of
 * dead letters. Changes come in order; one that fails is tried again for nearly as long as the
 * stream keeps it (a day), and then goes to the queue. Tries are not counted: each try of the
 * clean-up deletes more of what a user left, so a limit would leave much undone.
 */
export function streamReaders(
  scope: Construct,
  settings: Readonly<Record<string, FunctionSettings>>,
  tables: ReadonlyMap<string, Table>,
  functions: ReadonlyMap<string, Lambda>,
): ReadonlyMap<string, Queue> {
  const queues = Object.entries(settings).flatMap(([name, { reads }]) => {
    if (!reads) return []
    const lambda = named(functions, name)
    const queue = deadLetters(scope, pascalCase(name), lambda)
    for (const table of reads.of)
      reader(scope, sourceId(name, table), lambda, named(tables, table), reads.kinds, queue)
    return [[name, queue] as const]
  })
  return new Map(queues)
}

/** Lambda refuses the same stream and function twice, so ids are for good; users came first. */
function sourceId(name: string, table: string): string {
  return `${pascalCase(name)}Source${table === 'users' ? '' : pascalCase(table)}`
}

function deadLetters(scope: Construct, id: string, lambda: Lambda): Queue {
  const queue = new Queue(scope, `${id}DeadLetters`, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  })
  for (const rule of ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'])
    accept(queue, rule, 'It is a queue of dead letters: what stays in it raises an alarm.')
  queue.grantSendMessages(lambda)
  return queue
}

function reader(
  scope: Construct,
  id: string,
  lambda: Lambda,
  { tableStreamArn }: Table,
  kinds: readonly ChangeKind[],
  queue: Queue,
): void {
  if (!tableStreamArn) throw new Error(`${id}: the table has no stream`)
  const actions = ['DescribeStream', 'GetRecords', 'GetShardIterator']
  const allowed: readonly (readonly [readonly string[], string])[] = [
    [actions, tableStreamArn],
    // Lambda asks for this one too, and it knows no resources.
    [['ListStreams'], '*'],
  ]
  for (const [names, resource] of allowed)
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: names.map((action) => `dynamodb:${action}`),
        resources: [resource],
      }),
    )
  const mapping = new EventSourceMapping(scope, id, {
    target: lambda,
    eventSourceArn: tableStreamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 10,
    bisectBatchOnError: true,
    maxRecordAge: Duration.hours(23),
    reportBatchItemFailures: true,
    filters: [FilterCriteria.filter({ eventName: FilterRule.or(...kinds) })],
    onFailure: new SqsDlq(queue),
  })
  if (lambda.role) mapping.node.addDependency(lambda.role)
}
