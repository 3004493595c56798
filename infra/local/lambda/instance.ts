import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Caller } from '../aws/endpoint.ts'
import type { Policy } from '../aws/iam.ts'
import type { Clock } from '../clock.ts'
import { compiled } from '../compiled.ts'
import { type Log, platformLog } from '../logs.ts'
import type { FunctionModel } from '../model.ts'
import { handlerOf } from '../template-functions.ts'
import type { DirectCalls } from './direct-calls.ts'
import { environmentOf } from './environment.ts'
import { FunctionError, type FunctionErrorBody } from './function-error.ts'
import type { FromWorker, Invocation, WorkerData } from './worker-protocol.ts'

/** What every function instance is given by the platform. */
export interface Platform {
  readonly region: string
  readonly clock: Clock
  /** The directory of a function's bundle; the function's source map may lie beside it. */
  readonly codeOf: (model: FunctionModel) => Promise<string>
  readonly log: Log
  /** The address of the AWS services. */
  readonly endpoint: string
  /** The running instances by access key: how the endpoint knows who is calling. */
  readonly callers: Map<string, Caller>
  /** How a function's calls reach the engine without a detour, if they may. */
  readonly directCallsOf: ((model: FunctionModel) => DirectCalls) | undefined
  /** Told of every such write to a table whose stream somebody reads. */
  readonly onWrite: () => void
}

export interface Instance {
  /** Settles when the bundle is loaded. */
  readonly ready: Promise<void>
  /** Serves one event; the caller sees to it that the instance has no other. */
  run(invocation: Invocation): Promise<string>
  /** Ends the instance at once; the event in it fails. */
  kill(reason: string): Promise<unknown>
  /** Whether it has ended, or is about to: it takes no further event. */
  isOver(): boolean
}

const runtime = new URL('./worker.ts', import.meta.url).href
const entry = `require('node:module').enableCompileCache(${JSON.stringify(compiled)})
import(${JSON.stringify(runtime)})`

/**
 * Starts one instance of a function, whose code lies in `directory`, in a worker thread. `onExit` is
 * called once, at its end.
 */
export function startInstance(
  model: FunctionModel,
  directory: string,
  policy: Policy,
  platform: Platform,
  onExit: (instance: Instance) => void,
): Instance {
  const { region, endpoint, clock, log, callers } = platform
  const accessKey = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
  const [file, exportName] = handlerOf(model, directory)
  const sourceMap = `${directory}.map`
  const logStream = `${new Date(clock.now()).toISOString().slice(0, 10)}/[$LATEST]${accessKey}`
  const workerData: WorkerData = {
    file,
    exportName,
    sourceMap: existsSync(sourceMap) ? sourceMap : undefined,
    functionName: model.name,
    functionArn: model.arn,
    memoryMb: model.memoryMb,
    logGroup: model.logGroup,
    logStream,
    logLevel: model.logLevel ?? 'INFO',
    json: model.logFormat === 'JSON',
    clock: clock.shared,
    direct: platform.directCallsOf?.(model),
  }
  const worker = new Worker(entry, {
    eval: true,
    workerData,
    env: environmentOf(model, region, endpoint, { accessKey, logStream, directory }),
    execArgv: [],
    stdin: false,
    // On Lambda the memory of the whole instance; here that of the JavaScript heap.
    resourceLimits: { maxOldGenerationSizeMb: Math.max(model.memoryMb, 128) },
  })

  let current: { resolve(result: string): void; reject(error: Error): void } | undefined
  let timer: NodeJS.Timeout | undefined
  let cause: FunctionErrorBody | undefined
  let over = false
  const initialized = Promise.withResolvers<void>()
  // Whoever waits sees the failure; nobody may be waiting any more.
  initialized.promise.catch(() => {})

  const finish = () => {
    clearTimeout(timer)
    const waiting = current
    current = undefined
    return waiting
  }

  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'log') return log(message.line, model.tag)
    if (message.kind === 'wrote') return platform.onWrite()
    if (message.kind === 'ready') return initialized.resolve()
    if (message.kind === 'result') return finish()?.resolve(message.result)
    if (message.kind === 'error') return finish()?.reject(new FunctionError(message.error))
    cause = { ...message.error, errorType: `Runtime.${message.error.errorType}` }
    platformLog(log, 'ERROR', 'the function could not be initialized', {
      function: model.tag,
      ...message.error,
    })
    void worker.terminate()
  })
  worker.on('error', (error: Error) => {
    cause = { errorType: 'Runtime.UnhandledError', errorMessage: error.message }
    platformLog(log, 'ERROR', 'the function crashed', {
      function: model.tag,
      errorType: error.name,
      errorMessage: error.message,
      stack: error.stack,
    })
  })
  worker.on('exit', (status) => {
    over = true
    callers.delete(accessKey)
    const errorMessage = `Runtime exited with error: exit status ${status}`
    if (cause === undefined) {
      platformLog(log, 'ERROR', errorMessage, { function: model.tag })
    }
    const error = new FunctionError(cause ?? { errorType: 'Runtime.ExitError', errorMessage })
    initialized.reject(error)
    finish()?.reject(error)
    onExit(instance)
  })

  const instance: Instance = {
    ready: initialized.promise,
    run(invocation) {
      const outcome = Promise.withResolvers<string>()
      if (over) {
        outcome.reject(new FunctionError(cause ?? { errorType: 'Exit', errorMessage: 'is over' }))
        return outcome.promise
      }
      current = outcome
      timer = setTimeout(() => {
        const seconds = (invocation.timeoutMs / 1000).toFixed(2)
        const errorMessage = `Task timed out after ${seconds} seconds`
        const { requestId } = invocation
        platformLog(log, 'ERROR', errorMessage, { function: model.tag, requestId })
        void instance.kill(errorMessage)
      }, invocation.timeoutMs)
      worker.postMessage(invocation)
      return outcome.promise
    },
    isOver: () => over,
    kill(reason) {
      over = true
      cause ??= { errorType: 'Sandbox.Killed', errorMessage: reason }
      finish()?.reject(new FunctionError(cause))
      return worker.terminate()
    },
  }
  callers.set(accessKey, { model, policy, kill: () => void instance.kill('killed') })
  return instance
}
