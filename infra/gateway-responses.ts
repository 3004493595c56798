import { ResponseType } from 'aws-cdk-lib/aws-apigateway'
import { exposedHeaders, securityHeaders } from '../functions/http/headers.ts'
import { Problem, type ProblemCode, problemDetails } from '../functions/model/problems.ts'
import type { Stage } from './stages.ts'

const challenge = 'Bearer realm="portcullis"'

type Headers = Readonly<Record<string, string>>

/** What the gateway itself answers, as the same problem details that the functions give. */
const answers: readonly (readonly [ResponseType, ProblemCode, Headers?])[] = [
  [ResponseType.UNAUTHORIZED, 'unauthorized', { 'WWW-Authenticate': challenge }],
  [
    ResponseType.ACCESS_DENIED,
    'insufficient_scope',
    { 'WWW-Authenticate': `${challenge}, error="insufficient_scope"` },
  ],
  // By itself the gateway says 403 to a path that it does not know.
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, 'not_found'],
  [ResponseType.INVALID_SIGNATURE, 'unauthorized', { 'WWW-Authenticate': challenge }],
  [ResponseType.EXPIRED_TOKEN, 'unauthorized', { 'WWW-Authenticate': challenge }],
  [ResponseType.INVALID_API_KEY, 'forbidden'],
  [ResponseType.WAF_FILTERED, 'forbidden'],
  [ResponseType.RESOURCE_NOT_FOUND, 'not_found'],
  [ResponseType.BAD_REQUEST_BODY, 'bad_request'],
  [ResponseType.BAD_REQUEST_PARAMETERS, 'bad_request'],
  [ResponseType.REQUEST_TOO_LARGE, 'payload_too_large'],
  [ResponseType.UNSUPPORTED_MEDIA_TYPE, 'unsupported_media_type'],
  [ResponseType.THROTTLED, 'too_many_requests', { 'Retry-After': '1' }],
  [ResponseType.QUOTA_EXCEEDED, 'too_many_requests', { 'Retry-After': '60' }],
  [ResponseType.INTEGRATION_TIMEOUT, 'unavailable', { 'Retry-After': '1' }],
  [ResponseType.INTEGRATION_FAILURE, 'unavailable', { 'Retry-After': '1' }],
  // The authorizer fails when the sessions or the keys cannot be read, which passes. AWS documents
  // the first type for that, but was seen to give the second.
  [ResponseType.AUTHORIZER_FAILURE, 'unavailable', { 'Retry-After': '1' }],
  [ResponseType.AUTHORIZER_CONFIGURATION_ERROR, 'unavailable', { 'Retry-After': '1' }],
  [ResponseType.API_CONFIGURATION_ERROR, 'internal_error'],
  [ResponseType.DEFAULT_4XX, 'bad_request'],
  [ResponseType.DEFAULT_5XX, 'internal_error'],
]

/** By the type of the response, as an OpenAPI document has them. */
export function gatewayResponses(stage: Stage): Record<string, object> {
  return Object.fromEntries(
    answers.map(([{ responseType }, code, own = {}]) => {
      const problem = new Problem(code)
      const headers = {
        ...quoted({ ...securityHeaders, ...own, 'Content-Type': 'application/problem+json' }),
        ...cors(stage),
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html
        'X-Request-Id': 'context.requestId',
      }
      const named = Object.entries(headers).map(([name, value]) => [
        `gatewayresponse.header.${name}`,
        value,
      ])
      const body = JSON.stringify(problemDetails(problem, '$context.requestId'))
      const answer = {
        statusCode: String(problem.status),
        responseParameters: Object.fromEntries(named),
        responseTemplates: { 'application/json': body },
      }
      return [responseType, answer]
    }),
  )
}

/**
 * The gateway knows no list of origins. A single one is named; of several, the caller's own is
 * returned, which lets any page read these errors: they say nothing of anybody.
 */
function cors({ allowedOrigins }: Stage): Headers {
  const [only, ...others] = allowedOrigins
  if (!only) return {}
  const origin = others.length === 0 ? `'${only}'` : 'method.request.header.Origin'
  return {
    ...quoted({ Vary: 'Origin', 'Access-Control-Expose-Headers': exposedHeaders }),
    'Access-Control-Allow-Origin': origin,
  }
}

/** A static value stands in single quotes, so it cannot contain any (as a CSP would). */
function quoted(headers: Headers): Headers {
  const plain = Object.entries(headers).filter(([, value]) => !value.includes("'"))
  return Object.fromEntries(plain.map(([name, value]) => [name, `'${value}'`]))
}
