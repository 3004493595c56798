import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { capacity, resetCapacity } from '../invocation/capacity.ts'
import { startDeadline } from '../invocation/deadline.ts'
import { told } from '../invocation/log.ts'
import { count, measure, publish } from '../invocation/metrics.ts'
import { Problem } from '../model/problems.ts'
import type { Middleware } from './middleware.ts'

let coldStart = true

/**
 * One log line a request, which is its metrics too. An unforeseen error's cause stands in it, and
 * nowhere else.
 */
export function observe(): Middleware {
  return {
    before: ({ internal, event, context }) => {
      startDeadline(context)
      internal.gateway = event as APIGatewayProxyEvent
      internal.startedAt = Date.now()
      resetCapacity()
    },
    after: (chain) => write(chain),
    onError: (chain) => {
      const { error } = chain
      const problem = error instanceof Problem ? error : new Problem('internal_error')
      count(`problem_${problem.code}`)
      const { code } = problem
      write(chain, problem.status < 500 ? { code } : { level: 'ERROR', code, error: told(error) })
    },
  }
}

type Chain = Parameters<NonNullable<Middleware['before']>>[0]

function write({ internal, response, context }: Chain, outcome: object = {}): void {
  const { gateway, startedAt, principal } = internal
  measure('durationMs', Date.now() - startedAt)
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
