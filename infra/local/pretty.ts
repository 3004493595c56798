import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const colours: Record<string, Style> = {
  DEBUG: 'dim',
  INFO: 'green',
  WARN: 'yellow',
  ERROR: 'red',
  CRITICAL: 'red',
}

/** Fields that every line has and no reader at a terminal needs. */
const hidden =
  /^(_aws|level|timestamp|message|service|source|function|cold_start|function_(arn|memory_size|name|request_id)|requestId|awsRequestId|xray_trace_id)$/

/** Renders a log line for people; mere metrics are left out, text that is not JSON stays as it is. */
export function prettyLine(line: string): string | undefined {
  if (!line.startsWith('{')) return line
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(line) as Record<string, unknown>
  } catch {
    return line
  }
  if ('_aws' in fields && !('message' in fields)) return undefined
  if (!('level' in fields) && 'status' in fields) return access(fields)
  const { message } = fields
  if (isRefusal(message)) return undefined
  const level = String(fields.level ?? 'INFO')
  const source = String(fields.function ?? fields.service ?? fields.source ?? '')
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  const needsId = level !== 'DEBUG' && level !== 'INFO'
  const rest = Object.entries(fields)
    .filter(([name]) => !hidden.test(name) || (needsId && name === 'requestId'))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [
    time(fields.timestamp),
    styleText(colours[level] ?? 'white', level.padEnd(5)),
    styleText('cyan', source.padEnd(12)),
    text.replaceAll('\r', '\n  '),
    styleText('dim', rest.join(' ').replaceAll('\\n', '\n  ')),
  ].join(' ')
}

/** A line of the access log, whose fields are named as in the stage's format. */
function access(fields: Record<string, unknown>): string {
  const first = (...names: string[]) =>
    String(names.map((name) => fields[name]).find((value) => value !== undefined) ?? '')
  const status = Number(fields.status)
  const latency = first('latencyMs', 'responseLatency')
  return [
    time(undefined),
    styleText(status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green', String(status).padEnd(5)),
    styleText('bold', first('method', 'httpMethod').padEnd(12)),
    first('path', 'route', 'resourcePath'),
    styleText('dim', latency === '' ? '' : `${latency} ms`),
    // The id that a client is shown with a refusal: it finds the lines of the request.
    ...(status >= 400 ? [styleText('dim', `requestId=${first('requestId')}`)] : []),
  ].join(' ')
}

/** An authorizer refuses a token by throwing this, which the access line tells already. */
function isRefusal(message: unknown): boolean {
  return (message as { errorMessage?: unknown } | null)?.errorMessage === 'Unauthorized'
}

function time(timestamp: unknown): string {
  const at = timestamp === undefined ? new Date() : new Date(String(timestamp))
  const text = Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(11, 23)
  return styleText('dim', text)
}
