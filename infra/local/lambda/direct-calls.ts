import { EventEmitter } from 'node:events'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { compileNeeds } from '../aws/dynamodb-access.ts'
import { compilePolicy } from '../aws/iam.ts'
import { refusalOf } from '../aws/permissions.ts'
import { parse } from '../aws/protocol.ts'
import { http } from '../http.ts'
import type { FunctionModel, TableModel } from '../model.ts'

/** What a function's own thread has to know to decide over its calls to DynamoDB. */
export interface DirectCalls {
  readonly endpoint: Address
  readonly engine: Address
  readonly caller: Pick<FunctionModel, 'name' | 'roleArn' | 'statements'>
  readonly tables: readonly TableModel[]
  readonly tableArnPrefix: string
  /** The tables whose streams somebody reads, by ARN. */
  readonly read: readonly string[]
}

interface Address {
  readonly hostname: string
  readonly port: number
}

const target = 'DynamoDB_20120810.'
const writes = /^(PutItem|UpdateItem|DeleteItem|BatchWriteItem|TransactWriteItems)$/

type Callback = (answer: IncomingMessage) => void

/**
 * Sends this thread's permitted calls of DynamoDB straight to the engine. The policy is that of the
 * endpoint, which gets all others as before, and refuses them.
 * @param onWrite told of every acknowledged write to a table whose stream somebody reads
 */
export function installDirectCalls(direct: DirectCalls, onWrite: () => void): void {
  const { endpoint, engine, caller, tables, tableArnPrefix } = direct
  const needsOf = compileNeeds(tables, tableArnPrefix)
  const policy = compilePolicy(caller.statements, caller.name)
  const read = new Set(direct.read)
  const { request } = http

  function start(options: RequestOptions, callback: Callback, body: Buffer): ClientRequest {
    const operation = operationOf(options) ?? ''
    const parameters = parse(body)
    const needs = parameters && needsOf(operation, parameters)
    const permitted = needs !== undefined && refusalOf(caller, policy, needs) === undefined
    const address = { host: engine.hostname, hostname: engine.hostname, port: engine.port }
    const outgoing = request(permitted ? { ...options, ...address } : options, (answer) => {
      const wrote = permitted && answer.statusCode === 200 && writes.test(operation)
      if (wrote && needs.some(({ resource }) => read.has(resource))) onWrite()
      // The SDK corrects its clock by this header: the functions' clock may have been moved.
      delete answer.headers.date
      callback(answer)
    })
    outgoing.end(body)
    return outgoing
  }

  const patched = (options: RequestOptions, callback: Callback) =>
    isFor(endpoint, options) && operationOf(options) !== undefined
      ? deferred((body) => start(options, callback, body))
      : request(options, callback)
  // Calls of another form are passed on as they are.
  http.request = ((...given: [RequestOptions, Callback]) =>
    given.length === 2 && isPlain(given[0])
      ? patched(...given)
      : request(...given)) as typeof request
  syncBuiltinESMExports()
}

function isPlain(options: unknown): boolean {
  return typeof options === 'object' && !(options instanceof URL)
}

function isFor({ hostname, port }: Address, options: RequestOptions): boolean {
  return (options.hostname ?? options.host) === hostname && Number(options.port) === port
}

function operationOf({ headers }: RequestOptions): string | undefined {
  const given = (headers as Record<string, unknown> | undefined)?.['x-amz-target']
  return typeof given === 'string' && given.startsWith(target)
    ? given.slice(target.length)
    : undefined
}

const events = ['close', 'error', 'finish', 'socket', 'timeout'] as const

/**
 * The part of a ClientRequest that clients of AWS use. The request itself is made when its body is
 * whole: only then is it known where it goes.
 */
function deferred(start: (body: Buffer) => ClientRequest) {
  const chunks: Buffer[] = []
  let made: ClientRequest | undefined
  let idleMs: number | undefined
  const add = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk))
  }
  const outer = Object.assign(new EventEmitter(), {
    destroyed: false,
    write(chunk: unknown): boolean {
      add(chunk)
      return true
    },
    end(chunk?: unknown): void {
      add(chunk)
      if (outer.destroyed) return
      made = start(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
      for (const event of events) {
        made.on(event, (...values: unknown[]) => void outer.emit(event, ...values))
      }
      if (idleMs !== undefined) made.setTimeout(idleMs)
    },
    destroy(error?: Error): void {
      outer.destroyed = true
      made?.destroy(error)
    },
    setTimeout(ms: number, callback?: () => void): void {
      if (callback) outer.once('timeout', callback)
      idleMs = ms
      made?.setTimeout(ms)
    },
  })
  return outer as unknown as ClientRequest // a part of it, as said above
}
