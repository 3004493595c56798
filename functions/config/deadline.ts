import type { Context } from 'aws-lambda'

let signal: AbortSignal | undefined

/**
 * Begins the time of an invocation: what it waits for is given up when nine tenths of the time have
 * passed that Lambda leaves it, so that it can still say so.
 */
export function startDeadline(context: Pick<Context, 'getRemainingTimeInMillis'>): void {
  signal = AbortSignal.timeout(Math.floor(context.getRemainingTimeInMillis() * 0.9))
}

/** Aborted when the time is over; undefined in functions that nobody waits for. */
export function deadline(): AbortSignal | undefined {
  return signal
}
