import { Failure } from '../../failure.ts'
import type { Policy } from '../aws/iam.ts'
import type { EventSourceModel, FunctionModel } from '../model.ts'

const readingStreams = ['GetRecords', 'GetShardIterator', 'DescribeStream']

/**
 * Lambda refuses to make an event source mapping whose function may not read the stream.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-permissions.html
 * @throws Failure naming the mapping
 */
export function checkEventSource(
  { id, streamArn, deadLetterArn }: EventSourceModel,
  { id: role }: FunctionModel,
  policy: Policy,
): void {
  const needs: [action: string, resource: string][] = readingStreams.map((operation) => [
    `dynamodb:${operation}`,
    streamArn,
  ])
  needs.push(['dynamodb:ListStreams', '*'])
  if (deadLetterArn?.includes(':sqs:')) needs.push(['sqs:SendMessage', deadLetterArn])
  if (deadLetterArn?.includes(':sns:')) needs.push(['sns:Publish', deadLetterArn])
  for (const [action, resource] of needs) {
    const decision = policy.decide(action, resource)
    if (decision === 'allowed') continue
    throw new Failure(`${id}: the role of ${role} does not allow ${action} on ${resource}`)
  }
}
