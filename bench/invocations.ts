import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/**
 * Invokes functions as Lambda does, in a separate process, each in its own turn of the event loop.
 * Tells its parent how much CPU time an invocation took, without that turn and without parsing the
 * event. Does what API Gateway does between an authorizer and a function.
 */
export interface Task {
  /** The authorizer's bundle and its events, where it is part of the request. */
  readonly authorizer?: { readonly file: string; readonly events: readonly string[] }
  readonly file: string
  readonly events: readonly string[]
}

type Handler = (event: unknown, context: unknown) => Promise<Record<string, unknown> | undefined>

const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'request' }

async function load(file: string): Promise<Handler> {
  const module = file.endsWith('.cjs')
    ? createRequire(import.meta.url)(file)
    : await import(pathToFileURL(file).href)
  await module.ready
  return module.handler
}

async function prepare({
  authorizer,
  file,
  events,
}: Task): Promise<(turn: number, work: boolean) => Promise<void>> {
  const handler = await load(file)
  const authorize = authorizer && (await load(authorizer.file))
  return async (turn, work) => {
    const event = JSON.parse(events[turn % events.length] ?? '')
    if (!work) return
    if (authorizer && authorize) {
      const { events: tokens } = authorizer
      const allowed = await authorize(JSON.parse(tokens[turn % tokens.length] ?? ''), context)
      JSON.stringify(allowed)
      event.requestContext.authorizer = strings(allowed?.context as object)
    }
    const result = await handler(event, context)
    if (Number(result?.statusCode) >= 400) throw new Error(JSON.stringify(result))
    JSON.stringify(result)
  }
}

function strings(context: object): Record<string, string> {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)]))
}

const invoke = prepare(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Task)
let turn = 0

/** Microseconds of CPU time for each of `count` turns, with or without an invocation in them. */
async function turns(count: number, work: boolean): Promise<number> {
  const invokeOnce = await invoke
  const before = process.cpuUsage()
  for (let done = 0; done < count; done++) {
    await invokeOnce(turn, work)
    if (work) turn++
    await setImmediate()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

process.on('message', async (count: number) => {
  const idle = await turns(count, false)
  process.send?.((await turns(count, true)) - idle)
})
process.on('disconnect', () => process.exit())
