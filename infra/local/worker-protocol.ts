import type { FunctionErrorBody } from './function-error.ts'

/** What a worker is started with. */
export interface WorkerData {
  file: string
  exportName: string
  functionName: string
  functionArn: string
  memoryMb: number
  logGroup: string
  logStream: string
  logLevel: string
  json: boolean
  clock: SharedArrayBuffer
}

export interface Invocation {
  requestId: string
  /** The event as JSON: what crosses the border is text, as on Lambda. */
  event: string
  traceId: string
  timeoutMs: number
}

export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'log'; line: string }
  | { kind: 'result'; result: string }
  | { kind: 'error'; error: FunctionErrorBody }
  | { kind: 'initialization failed'; error: FunctionErrorBody }
