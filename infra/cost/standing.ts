import type { Resource, Template } from '../local/assembly.ts'
import type { Stage } from '../stages.ts'
import type { Standing } from './usage.ts'

/** The parts of a synthesized stack that are billed by the month. */
export function standing({ Resources }: Template, { bcryptCost, logDays }: Stage): Standing {
  const all = Object.values(Resources)
  const count = (type: string) => ofType(all, type).length
  return {
    memory: Object.fromEntries(
      ofType(all, 'AWS::Lambda::Function').map(({ Description, MemorySize }) => [
        String(Description),
        Number(MemorySize),
      ]),
    ),
    secrets: count('AWS::SecretsManager::Secret'),
    keys: count('AWS::KMS::Key'),
    alarmMetrics: ofType(all, 'AWS::CloudWatch::Alarm').reduce(
      (sum, { Metrics }) => sum + metricsOf(Metrics),
      0,
    ),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    firewalls: count('AWS::WAFv2::WebACL'),
    backups: ofType(all, 'AWS::DynamoDB::Table').some(isBackedUp),
    bcryptCost,
    logDays,
  }
}

type Properties = NonNullable<Resource['Properties']>

function ofType(all: readonly Resource[], type: string): Properties[] {
  return all.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties)
}

/**
 * An alarm is billed by the metrics that it looks at: one, those that it adds up, or those that its
 * query finds, which are few where they tell of trouble.
 */
function metricsOf(list: unknown): number {
  const metrics = (list ?? [{ MetricStat: {} }]) as { MetricStat?: object }[]
  return Math.max(1, metrics.filter(({ MetricStat }) => MetricStat).length)
}

function isBackedUp({ PointInTimeRecoverySpecification: specification }: Properties): boolean {
  return Boolean(
    (specification as { PointInTimeRecoveryEnabled?: boolean } | undefined)
      ?.PointInTimeRecoveryEnabled,
  )
}
