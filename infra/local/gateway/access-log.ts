import type { Log } from '../logs.ts'
import type { ApiModel } from '../model.ts'
import { compileContext, type Exchange } from './exchange.ts'

/** The stage's access log: one line for every request; a value that is absent is a hyphen. */
export function accessLog(
  { accessLogFormat }: ApiModel,
  log: Log,
): ((exchange: Exchange) => void) | undefined {
  if (accessLogFormat === undefined) return undefined
  const render = compileContext(accessLogFormat, (value) =>
    value === undefined ? '-' : JSON.stringify(value).slice(1, -1),
  )
  return (exchange) => log(render(exchange), 'access')
}
