import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { attemptTime, deadlineSignal } from '../invocation/deadline.ts'
import { Problem } from '../model/problems.ts'

/**
 * How patient a client of AWS is: it tries again, with jitter, when it cannot connect or hears
 * nothing in time, is throttled, or something fails on AWS's side. It waits for an answer longer
 * than a second, so that a transaction has ended before it is sent again.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export const patience = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
}

/**
 * Makes a client give up when the time of the invocation is over, be it waiting for an answer or
 * between two attempts: what is left behind would go on in the next invocation. (An abort signal
 * that is given to each call would make its chain of middlewares anew.)
 */
export function withDeadline<Client extends DynamoDBClient | SecretsManagerClient>(
  client: Client,
): Client {
  const { requestHandler, retryStrategy } = client.config
  const handle = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = (request, options) => {
    const abortSignal = deadlineSignal()
    const requestTimeout = Math.max(patience.requestHandler.requestTimeout, attemptTime() ?? 0)
    return handle(request, { ...options, ...(abortSignal && { abortSignal }), requestTimeout })
  }
  client.config.retryStrategy = async () => {
    client.config.retryStrategy = retryStrategy
    const strategy = await retryStrategy()
    if (!('refreshRetryTokenForRetry' in strategy))
      throw new Error("The SDK's retry strategy has changed: withDeadline must follow")
    const nextAttempt = strategy.refreshRetryTokenForRetry.bind(strategy)
    strategy.refreshRetryTokenForRetry = (...failed) => withinDeadline(nextAttempt(...failed))
    return strategy
  }
  return client
}

/** Waits, but no longer than there is time. @throws the reason why there is none */
export async function withinDeadline<Result>(waiting: Promise<Result>): Promise<Result> {
  const signal = deadlineSignal()
  if (!signal) return waiting
  const over = Promise.withResolvers<never>()
  const giveUp = () => over.reject(signal.reason)
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  return Promise.race([waiting, over.promise])
}

/**
 * What AWS answers within the invocation's time.
 * @throws Problem 503 where it gives no answer, despite the client's patience
 */
export async function mapUnavailable<Output>(answer: Promise<Output>): Promise<Output> {
  try {
    return await answer
  } catch (error) {
    throw isFleeting(error) ? unavailable(error) : error
  }
}

/**
 * What a product's own code answers within the invocation's time.
 * @throws Problem 503 where it hangs, or is let down by AWS
 */
export function ownAnswer<Output>(working: Output | Promise<Output>): Promise<Output> {
  return mapUnavailable(withinDeadline(Promise.resolve(working)))
}

export function unavailable(cause: unknown): Problem {
  return new Problem('unavailable', undefined, { cause, headers: { 'Retry-After': '1' } })
}

/** Whether there was no answer, or one that says that it was too much or that AWS is at fault. */
function isFleeting(error: unknown): boolean {
  const { name, $metadata } = error as Partial<ServiceException>
  if (name === 'AbortError' || name === 'TimeoutError') return true
  // What the SDK has not sent is our fault and has no metadata.
  if (!$metadata) return false
  const { httpStatusCode = 503 } = $metadata
  return httpStatusCode >= 500 || isThrottled(name)
}

/** DynamoDB answers these with 400, not 429. */
export function isThrottled(name = ''): boolean {
  return /Throttl|ThroughputExceeded|RequestLimitExceeded|TransactionInProgress/.test(name)
}

interface ServiceException {
  readonly name: string
  readonly $metadata: { readonly httpStatusCode?: number }
}
