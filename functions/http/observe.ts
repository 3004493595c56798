import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { optional, variables } from '../config/environment.ts'
import { capacity, resetCapacity } from '../invocation/capacity.ts'
import { startDeadline } from '../invocation/deadline.ts'
import { loggable } from '../invocation/log.ts'
import { count, measure, publish } from '../invocation/metrics.ts'
import { Problem } from '../model/problems.ts'
import type { Middleware } from './middleware.ts'

let coldStart = true

/** How long the requests whose lines were left out took, and when the first of them was. */
const leftOut = { durations: [] as number[], since: 0 }

/** The longest that a measurement waits for a log line while requests arrive, milliseconds. */
const longestWait = 60_000

/**
 * One log line a request, which is its metrics too. An unforeseen error's cause stands in it, and
 * nowhere else. A stage may leave out lines of successful requests: their metrics come together in
 * one.
 */
export function observe(): Middleware {
  return {
    before: ({ internal, event, context }) => {
      startDeadline(context)
      internal.gateway = event as APIGatewayProxyEvent
      internal.startedAt = Date.now()
      resetCapacity()
    },
    after: (chain) => write(chain, undefined),
    onError: (chain) => {
      const { error } = chain
      const problem = error instanceof Problem ? error : new Problem('internal_error')
      const { code } = problem
      write(
        chain,
        problem.status < 500 ? { code } : { level: 'ERROR', code, error: loggable(error) },
      )
    },
  }
}

type Chain = Parameters<NonNullable<Middleware['before']>>[0]

/** @param outcome of a request that failed */
function write(
  { internal, response, context }: Chain,
  outcome: { code: string; level?: string; error?: unknown } | undefined,
): void {
  const { gateway, startedAt, principal } = internal
  const now = Date.now()
  const durationMs = now - startedAt
  if (!coldStart && !outcome && isLeftOut(durationMs, now)) return
  publishLeftOut()
  if (outcome) count(`problem_${outcome.code}`)
  measure('durationMs', durationMs)
  count('coldStart', Number(coldStart))
  coldStart = false
  publish('request', {
    requestId: gateway.requestContext.requestId,
    awsRequestId: context.awsRequestId,
    route: `${gateway.httpMethod} ${gateway.resource}`,
    status: (response as APIGatewayProxyResult | undefined)?.statusCode,
    ...(principal && { userId: principal.userId, sessionId: principal.sessionId }),
    readUnits: capacity.read,
    writeUnits: capacity.write,
    ...outcome,
  })
}

function isLeftOut(durationMs: number, now: number): boolean {
  const { durations } = leftOut
  if (durations.length === 0) leftOut.since = now
  const every = Number(optional(variables.requestsALine) ?? 1)
  if (durations.length + 1 >= every || now - leftOut.since >= longestWait) return false
  durations.push(durationMs)
  return true
}

/** In a line of their own: a request's line has the duration of that request alone. */
function publishLeftOut(): void {
  if (leftOut.durations.length === 0) return
  for (const durationMs of leftOut.durations.splice(0)) {
    measure('durationMs', durationMs)
    count('coldStart', 0)
  }
  publish('requests', {})
}
