import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { metricsNamespace } from '../config/environment.ts'
import { writer } from './log.ts'

/**
 * The one dimension of the metrics is `service`, the stack: every further one would be billed as
 * more metrics.
 */
const metrics = new Metrics({ namespace: metricsNamespace })

/** Counts what happened, under its own name. */
export function count(name: string, times = 1): void {
  metrics.addMetric(name, MetricUnit.Count, times)
}

/** Records a value; its unit is in the name. */
export function measure(name: string, value: number): void {
  metrics.addMetric(name, MetricUnit.NoUnit, value)
}

/**
 * Writes one log line with the fields and with all that was measured since the line before it, in
 * CloudWatch's embedded metric format. Logs cost more than computing: a request's line is both.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function publish(message: string, fields: Readonly<Record<string, unknown>>): void {
  const line = {
    level: 'INFO',
    timestamp: new Date().toISOString(),
    message,
    ...writer,
    ...fields,
    xray_trace_id: traceId(),
  }
  // Any JSON will do, whatever the type says.
  for (const [name, value] of Object.entries(line)) metrics.addMetadata(name, value as string)
  metrics.publishStoredMetrics()
}

/** Named as Powertools' logger does. */
function traceId(): string | undefined {
  return /Root=([^;]+)/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1]
}
