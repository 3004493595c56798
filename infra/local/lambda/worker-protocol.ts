import type { DirectCalls } from './direct-calls.ts'
import type { FunctionErrorBody } from './function-error.ts'

/** What a worker is started with. */
export interface WorkerData {
  readonly file: string
  readonly exportName: string
  readonly sourceMap: string | undefined
  readonly functionName: string
  readonly functionArn: string
  readonly memoryMb: number
  readonly logGroup: string
  readonly logStream: string
  readonly logLevel: string
  readonly json: boolean
  readonly clock: SharedArrayBuffer
  /** How calls reach the database engine without a detour, where they may. */
  readonly direct: DirectCalls | undefined
}

export interface Invocation {
  readonly requestId: string
  /** The event as JSON: what crosses the border is text, as on Lambda. */
  readonly event: string
  readonly traceId: string
  readonly timeoutMs: number
}

export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'log'; line: string }
  | { kind: 'wrote' }
  | { kind: 'result'; result: string }
  | { kind: 'error'; error: FunctionErrorBody }
  | { kind: 'initialization failed'; error: FunctionErrorBody }
