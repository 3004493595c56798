import { deadline } from '../config/deadline.ts'
import { Problem } from '../http/problems.ts'

/**
 * How patient a client of AWS is: what it does not connect to or hear from in time, what is
 * throttled and what fails on AWS's side it tries again, with jitter. Longer than a second, so that
 * a transaction has ended before it is sent again.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export const patience = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
}

/**
 * What AWS answers within the invocation's time.
 * @throws Problem 503 where it gives no answer, the client's patience notwithstanding
 */
export async function answered<Output>(
  ask: (options: { abortSignal?: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  const abortSignal = deadline()
  try {
    return await ask(abortSignal ? { abortSignal } : {})
  } catch (error) {
    throw isFleeting(error) ? unavailable(error) : error
  }
}

export function unavailable(cause: unknown): Problem {
  return new Problem('unavailable', undefined, { cause, headers: { 'Retry-After': '1' } })
}

/** No answer at all, or one that says that it is too much, or AWS's own fault. */
function isFleeting(error: unknown): boolean {
  const { name, $metadata } = error as Partial<ServiceException>
  if (name === 'AbortError') return true
  // What the SDK has not sent is our fault and has no metadata.
  if (!$metadata) return false
  const { httpStatusCode = 503 } = $metadata
  return httpStatusCode >= 500 || throttled.test(name ?? '')
}

/** Answered with 400, not 429. */
const throttled = /Throttl|ThroughputExceeded|RequestLimitExceeded|TransactionInProgress/

interface ServiceException {
  readonly name: string
  readonly $metadata: { readonly httpStatusCode?: number }
}
