import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { FunctionErrorBody } from './function-error.ts'
import { installClock } from './worker-clock.ts'
import { installConsole, type Output } from './worker-console.ts'
import type { FromWorker, Invocation, WorkerData } from './worker-protocol.ts'
import { installSourceMap } from './worker-stack.ts'

/**
 * The Node.js runtime of one Lambda instance: loads the bundle and serves one event at a time.
 * It runs in a worker thread, with the environment and the clock that the runner gives it.
 */
type Handler = (event: unknown, context: unknown) => unknown

const data = workerData as WorkerData
const output: Output = { requestId: undefined, write: (line) => post({ kind: 'log', line }) }

function post(message: FromWorker): void {
  parentPort?.postMessage(message)
}

function describe(error: unknown): FunctionErrorBody {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) }
  const trace = error.stack?.split('\n') ?? []
  return { errorType: error.name, errorMessage: error.message, trace }
}

async function load(): Promise<Handler> {
  const module = (await import(pathToFileURL(data.file).href)) as Record<string, unknown>
  const handler = module[data.exportName]
  if (typeof handler !== 'function') {
    throw new Error(`${data.exportName} is not a function exported by ${data.file}`)
  }
  // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html: no callbacks since Node 24
  if (handler.length > 2) throw new Error('callback handlers are not supported since Node.js 24')
  return handler as Handler
}

function contextOf({ requestId, timeoutMs }: Invocation) {
  const deadline = performance.now() + timeoutMs
  return {
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    memoryLimitInMB: String(data.memoryMb),
    awsRequestId: requestId,
    logGroupName: data.logGroup,
    logStreamName: data.logStream,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
  }
}

async function serve(handler: Handler, invocation: Invocation): Promise<void> {
  output.requestId = invocation.requestId
  process.env._X_AMZN_TRACE_ID = invocation.traceId
  try {
    const result = await handler(JSON.parse(invocation.event), contextOf(invocation))
    post({ kind: 'result', result: JSON.stringify(result) ?? 'null' })
  } catch (error) {
    const body = describe(error)
    console.error(error)
    post({ kind: 'error', error: body })
  }
}

if (data.sourceMap !== undefined) installSourceMap(data.file, data.sourceMap)
installClock(data.clock)
installConsole(output, data)
if (data.direct !== undefined) {
  const { installDirectCalls } = await import('./direct-calls.ts')
  installDirectCalls(data.direct, () => post({ kind: 'wrote' }))
}
try {
  const handler = await load()
  parentPort?.on('message', (invocation: Invocation) => void serve(handler, invocation))
  post({ kind: 'ready' })
} catch (error) {
  post({ kind: 'initialization failed', error: describe(error) })
}
