import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { OAuthError } from '../model/oauth-error.ts'
import { Problem, problemDetails } from '../model/problems.ts'
import { corsHeaders, securityHeaders } from './headers.ts'
import type { Reply } from './replies.ts'
import { header } from './request.ts'

/** A reply as API Gateway wants it, with the headers that every response has. */
export function toProxyResult(reply: Reply, event: APIGatewayProxyEvent): APIGatewayProxyResult {
  return {
    statusCode: reply.status,
    headers: {
      ...securityHeaders,
      ...corsHeaders(event, header(event, 'Origin')),
      'X-Request-Id': event.requestContext.requestId,
      ...contentType(reply),
      ...reply.headers,
    },
    // Whoever asks by HEAD gets the header fields of GET, and no body (RFC 9110 section 9.3.2).
    body: event.httpMethod === 'HEAD' ? '' : (reply.body ?? ''),
    ...(reply.isBase64Encoded && { isBase64Encoded: true }),
  }
}

/**
 * API Gateway says that an answer without a type is JSON. For an empty one that is wrong, and
 * clients that believe it fail; 204 and 304 have no content that could have a type.
 */
function contentType({ status, body }: Reply): Record<string, string> {
  if (body !== undefined) return { 'Content-Type': 'application/json' }
  return status < 204 ? { 'Content-Type': 'text/plain; charset=utf-8' } : {}
}

/** A failure as problem details (RFC 9457); an unforeseen one tells nothing of its cause. */
export function problemResult(error: unknown, event: APIGatewayProxyEvent): APIGatewayProxyResult {
  const problem = error instanceof Problem ? error : new Problem('internal_error')
  const reply =
    problem instanceof OAuthError
      ? oauthReply(problem)
      : problemReply(problem, event.requestContext.requestId)
  return toProxyResult(reply, event)
}

function problemReply(problem: Problem, requestId: string): Reply {
  return {
    status: problem.status,
    body: JSON.stringify(problemDetails(problem, requestId)),
    headers: { 'Content-Type': 'application/problem+json', ...problem.headers },
  }
}

/** RFC 6749 section 5.2. */
function oauthReply({ status, error, message }: OAuthError): Reply {
  return { status, body: JSON.stringify({ error, error_description: message }) }
}
