/** One call of a function to an AWS service. */
export interface AwsCall {
  /** The function's name: its file's. */
  readonly function: string
  readonly service: 'dynamodb' | 'secretsmanager' | 'ses'
  readonly operation: string
  readonly request: Record<string, unknown>
  /** Real time in milliseconds. */
  readonly at: number
  /** What DynamoDB says it consumed, of all tables and indexes. */
  capacityUnits: number
  /** The type of the error that it was answered with. */
  error?: string
}

/** What goes wrong with one call. */
export interface Fault {
  /** Waits before anything else happens. */
  readonly delayMs?: number
  /** Answers this error; the engine never sees the call. */
  readonly error?: string
  readonly message?: string
  /** Closes the connection; the engine never sees the call. */
  readonly drop?: boolean
  /** Closes the connection after the engine has applied the call. */
  readonly dropAnswer?: boolean
  /** Ends the calling instance before (`true`) or after the engine has applied the call. */
  readonly killFunction?: boolean | 'before' | 'after'
}

export type Intercept = (call: AwsCall) => Promise<Fault | undefined> | Fault | undefined

export interface Calls {
  record(call: AwsCall): void
  /** The last calls, oldest first. */
  all(): AwsCall[]
  reset(): void
}

/** Remembers the last `capacity` calls. */
export function recordedCalls(capacity = 10_000): Calls {
  let recorded: AwsCall[] = []
  return {
    record(call) {
      // Halving now and then costs less than shifting with every call.
      if (recorded.push(call) >= capacity * 2) recorded = recorded.slice(-capacity)
    },
    all: () => recorded.slice(-capacity),
    reset() {
      recorded = []
    },
  }
}
