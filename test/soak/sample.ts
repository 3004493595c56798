/** How the served stack is at one second. */
export interface Sample {
  /** Of the whole process, with every instance of every function; without the database. */
  readonly memoryMb: number
  /** Of all functions. */
  readonly instances: number
  /** Lines that were logged as errors, since the start. */
  readonly errors: number
}
