/** Takes one log line and the log group that it belongs to (a function's name, or `platform`). */
export type Log = (line: string, source: string) => void

export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'

/** Writes what AWS itself would have to say, as one JSON line. */
export function platformLog(
  log: Log,
  level: Level,
  message: string,
  fields: Record<string, unknown> = {},
): void {
  const timestamp = new Date().toISOString()
  log(JSON.stringify({ level, timestamp, source: 'platform', message, ...fields }), 'platform')
}

/**
 * A log to standard output that writes once per turn of the event loop, not once per line.
 * `render` may change a line, or leave it out.
 */
export function stdoutLog(render: (line: string) => string | undefined = (line) => line): Log {
  let pending: string[] = []
  const flush = () => {
    const text = `${pending.join('\n')}\n`
    pending = []
    process.stdout.write(text)
  }
  return (line) => {
    const rendered = render(line)
    if (rendered !== undefined && pending.push(rendered) === 1) setImmediate(flush)
  }
}
