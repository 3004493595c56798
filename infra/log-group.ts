import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { removal } from './removal.ts'
import type { Stage } from './stages.ts'

/** Logs for as long as the stage keeps them. */
export function logGroup(scope: Construct, id: string, stage: Stage, name?: string): LogGroup {
  return new LogGroup(scope, id, {
    retention: stage.logDays as RetentionDays,
    removalPolicy: removal(stage),
    ...(name && { logGroupName: name }),
  })
}
