import { formatWithOptions, inspect } from 'node:util'

/** Where log lines go, and the request that they belong to. */
export interface Output {
  requestId: string | undefined
  write(line: string): void
}

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const
type Level = (typeof levels)[number]

/**
 * Turns the console and the standard streams of this thread into log lines, as Lambda's Node.js
 * runtime does. Lines that are JSON already pass unchanged.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export function installConsole(
  output: Output,
  { json, logLevel }: { json: boolean; logLevel: string },
): void {
  const threshold = levels.indexOf(logLevel as Level)

  const line = (level: Level, values: unknown[]): string => {
    const timestamp = new Date().toISOString()
    const { requestId } = output
    const [first] = values
    const text = formatWithOptions({ colors: false, depth: 4 }, ...values)
    if (!json) return `${timestamp}\t${requestId}\t${level}\t${text}`
    if (values.length === 1 && typeof first === 'string' && isJson(first)) return first
    const message = values.length === 1 ? structured(first, text) : text
    return JSON.stringify({ timestamp, level, requestId, message })
  }

  const method =
    (level: Level) =>
    (...values: unknown[]) => {
      if (json && levels.indexOf(level) < threshold) return
      // A line break would make two lines of one; CloudWatch keeps it, a terminal cannot.
      output.write(line(level, values).replaceAll('\n', '\r'))
    }

  Object.assign(console, {
    trace: method('TRACE'),
    debug: method('DEBUG'),
    log: method('INFO'),
    info: method('INFO'),
    warn: method('WARN'),
    error: method('ERROR'),
  })
  capture(process.stdout, output)
  capture(process.stderr, output)
}

function isJson(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function structured(value: unknown, text: string): unknown {
  if (value instanceof Error) {
    const { name: errorType, message: errorMessage, stack = '' } = value
    return { errorType, errorMessage, stackTrace: stack.split('\n') }
  }
  if (typeof value !== 'object' || value === null) return text
  try {
    JSON.stringify(value)
    return value
  } catch {
    return inspect(value)
  }
}

/** Posting lines by hand keeps them in order with the result: a pipe would deliver them later. */
function capture(stream: NodeJS.WriteStream, output: Output): void {
  let rest = ''
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) output.write(line)
    const callback = typeof encoding === 'function' ? encoding : done
    if (typeof callback === 'function') queueMicrotask(() => callback())
    return true
  }
  stream.write = write as typeof stream.write
}
