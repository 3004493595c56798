import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type Stage, stackName } from './stages.ts'

/**
 * The questions that operators ask of the logs, saved in CloudWatch Logs Insights. Words in capitals
 * are to be replaced.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
export const savedQueries = {
  'slowest-routes': [
    'filter message = "request"',
    'stats count(*) as requests, avg(durationMs) as mean, pct(durationMs, 99) as p99, max(durationMs) as slowest by route',
    'sort p99 desc',
    'limit 50',
  ],
  'errors-by-code': [
    'filter message = "request" and ispresent(code)',
    'stats count(*) as times by code, route',
    'sort times desc',
    'limit 50',
  ],
  'server-errors': [
    'filter level = "ERROR"',
    // The authorizer refuses a token by throwing this, which Lambda logs as an error.
    'filter not ispresent(errorMessage) or errorMessage != "Unauthorized"',
    'filter not ispresent(message.errorMessage) or message.errorMessage != "Unauthorized"',
    'fields @timestamp, function, route, code, requestId, error.message, error.cause.message, error.stack',
    'sort @timestamp desc',
    'limit 50',
  ],
  'refused-by-the-gateway': [
    'filter ispresent(refusal) and refusal != "-"',
    'stats count(*) as times by refusal, route',
    'sort times desc',
    'limit 50',
  ],
  'failed-logins-by-address': [
    'filter event in ["login_failed", "login_throttled"]',
    'stats count(*) as failures, count_distinct(userId) as accounts by address',
    'sort failures desc',
    'limit 50',
  ],
  'one-user': [
    'filter userId = "USER_ID" or `by` = "USER_ID"',
    'fields @timestamp, message, function, event, route, status, code, address, sessionId, requestId',
    'sort @timestamp desc',
    'limit 200',
  ],
  'one-request': [
    'filter requestId = "ID" or awsRequestId = "ID" or xray_trace_id = "ID"',
    'fields @timestamp, function, message, event, route, status, code, durationMs, xray_trace_id, error.message',
    'sort @timestamp asc',
    'limit 50',
  ],
  'most-expensive-routes': [
    'filter message = "request"',
    'stats count(*) as requests, sum(readUnits) as reads, sum(writeUnits) as writes, sum(coldStart) as coldStarts by route',
    'sort writes desc',
    'limit 50',
  ],
} as const

/** The queries in CloudWatch, on all log groups of the stack. */
export function queries(scope: Construct, stage: Stage, groups: readonly ILogGroup[]): void {
  const parent = new Construct(scope, 'Queries')
  for (const [name, steps] of Object.entries(savedQueries))
    new CfnQueryDefinition(parent, name, {
      name: `${stackName(stage)}/${name}`,
      queryString: steps.join('\n| '),
      logGroupNames: groups.map(({ logGroupName }) => logGroupName),
    })
}
