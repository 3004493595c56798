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
import { accept } from './findings.ts'

/**
 * Brings every deleted user to the clean-up function: in order, again and again for nearly as long
 * as the stream keeps the record (a day), and then to the queue of dead letters. However often it
 * takes: each try deletes more of what a user left, so that a limit would leave much undone.
 */
export function cleanUp(scope: Construct, users: Table, cleaner: Lambda): Queue {
  const deadLetters = new Queue(scope, 'CleanUpDeadLetters', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  })
  for (const rule of ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'])
    accept(deadLetters, rule, 'It is a queue of dead letters: what stays in it raises an alarm.')
  if (!users.tableStreamArn) throw new Error('The users table has no stream')
  cleaner.addToRolePolicy(
    new PolicyStatement({
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: [users.tableStreamArn],
    }),
  )
  // Lambda asks for this one too, and it knows no resources.
  cleaner.addToRolePolicy(
    new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }),
  )
  deadLetters.grantSendMessages(cleaner)
  const mapping = new EventSourceMapping(scope, 'CleanUpSource', {
    target: cleaner,
    eventSourceArn: users.tableStreamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 10,
    bisectBatchOnError: true,
    maxRecordAge: Duration.hours(23),
    reportBatchItemFailures: true,
    filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('REMOVE') })],
    onFailure: new SqsDlq(deadLetters),
  })
  if (cleaner.role) mapping.node.addDependency(cleaner.role)
  return deadLetters
}
