/** The state of the served stack at one second. */
export interface Sample {
  /** Of the whole process: every instance of every function, but not the database. */
  readonly memoryMb: number
  /** Of all functions. */
  readonly instances: number
  /** Lines that were logged as errors, since the start. */
  readonly errors: number
}
