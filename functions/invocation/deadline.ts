import type { Context } from 'aws-lambda'

let left: (() => number) | undefined
let signal: AbortSignal | undefined
let timer: NodeJS.Timeout | undefined
let attempt: number | undefined

/**
 * Begins the time of an invocation: what it waits for is given up when nine tenths of the time that
 * Lambda leaves it have passed, so that it can still say so. (`AbortSignal.timeout` would leave a
 * timer behind with each invocation: collecting them costs more than all else that one does.)
 */
export function startDeadline(context: Pick<Context, 'getRemainingTimeInMillis'>): void {
  if (timer) clearTimeout(timer)
  timer = undefined
  signal = undefined
  const whole = context.getRemainingTimeInMillis()
  attempt = whole / 5
  const reserve = whole / 10
  left = () => Math.max(0, context.getRemainingTimeInMillis() - reserve)
}

/** Aborted when the time is over; undefined in functions that nobody waits for. */
export function deadlineSignal(): AbortSignal | undefined {
  if (!left || signal) return signal
  const controller = new AbortController()
  const over = () => controller.abort(new DOMException('There is no time left', 'TimeoutError'))
  timer = setTimeout(over, left()).unref()
  signal = controller.signal
  return signal
}

/**
 * How long one of several attempts may wait for an answer, milliseconds: a fifth of the invocation's
 * time, so that four fit into it; undefined in functions that nobody waits for.
 */
export function attemptTime(): number | undefined {
  return attempt
}
