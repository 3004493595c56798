import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { logger } from '../config/log.ts'
import type { Step } from './pipeline.ts'
import { Problem } from './problems.ts'

let coldStart = true

/** One log line a request; an unforeseen error's cause stands in it, and nowhere else. */
export function observe(): Step {
  return {
    before: ({ internal, event }) => {
      internal.gateway = event as APIGatewayProxyEvent
      internal.startedAt = Date.now()
    },
    after: (chain) => {
      logger.info('request', line(chain))
    },
    onError: (chain) => {
      const { error } = chain
      const unforeseen = !(error instanceof Problem) || error.status >= 500
      if (unforeseen) logger.error('request', { ...line(chain), error })
      else logger.info('request', { ...line(chain), code: error.code })
    },
  }
}

function line({ internal, response, context }: Parameters<NonNullable<Step['before']>>[0]) {
  const { gateway, startedAt, principal } = internal
  const first = coldStart
  coldStart = false
  return {
    requestId: gateway.requestContext.requestId,
    awsRequestId: context.awsRequestId,
    route: `${gateway.httpMethod} ${gateway.resource}`,
    status: (response as APIGatewayProxyResult | undefined)?.statusCode,
    durationMs: Date.now() - startedAt,
    coldStart: first,
    ...(principal && { userId: principal.userId, sessionId: principal.sessionId }),
  }
}
