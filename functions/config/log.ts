import { Logger } from '@aws-lambda-powertools/logger'
import { optional, variables } from './environment.ts'

/** Who writes: on every line, beside `service`, which is the stack. */
export const writer = { function: optional(variables.function) ?? 'test' }

/** One JSON line an entry. Never given a token, password, hash, e-mail address or request body. */
export const logger = new Logger({
  persistentKeys: writer,
  jsonReplacerFn: (name, value) => (name === 'sampling_rate' ? undefined : told(value)),
})

/**
 * What is told of an error, and of its causes. Whatever else hangs on one stays out: the AWS SDK
 * keeps there the item on which a condition failed, and the answer as it was received.
 */
export function told(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  if (cause === undefined) return { name, message, stack }
  return { name, message, stack, cause: cause instanceof Error ? told(cause) : String(cause) }
}
