import { Logger } from '@aws-lambda-powertools/logger'
import { optional, variables } from '../config/environment.ts'

/** Who writes: on every line, beside `service`, which is the stack. */
export const writer = { function: optional(variables.function) ?? 'test' }

let made: Logger | undefined

/**
 * One JSON line an entry. Never given a token, password, hash, e-mail address or request body. Made
 * when there is something to tell: most requests write the one line of metrics.ts and no other.
 */
export function logger(): Logger {
  made ??= new Logger({
    persistentKeys: writer,
    jsonReplacerFn: (name, value) => (name === 'sampling_rate' ? undefined : loggable(value)),
  })
  return made
}

/**
 * What is logged of an error and of its causes. Whatever else an error carries stays out: from the
 * AWS SDK, the item on which a condition failed, and the answer as it was received.
 */
export function loggable(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  if (cause === undefined) return { name, message, stack }
  return { name, message, stack, cause: cause instanceof Error ? loggable(cause) : String(cause) }
}
