import { Failure } from '../../failure.ts'
import type { GatewayResponseModel } from '../model.ts'
import { compileContext, contextValue, type Exchange, headerOf } from './exchange.ts'

/** What the gateway sends to a client. */
export interface Reply {
  readonly status: number
  readonly headers: [name: string, value: string][]
  readonly body: Buffer
}

interface Default {
  readonly status: number
  readonly message: string | null
  readonly errorType: string
}

const entry = (status: number, message: string | null, errorType: string): Default => {
  return { status, message, errorType }
}

/**
 * The response types that the local gateway gives, as API Gateway answers them by default.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
const defaults = {
  ACCESS_DENIED: entry(
    403,
    'User is not authorized to access this resource',
    'AccessDeniedException',
  ),
  API_CONFIGURATION_ERROR: entry(500, 'Internal server error', 'InternalServerErrorException'),
  AUTHORIZER_CONFIGURATION_ERROR: entry(500, null, 'AuthorizerConfigurationException'),
  AUTHORIZER_FAILURE: entry(500, null, 'AuthorizerFailureException'),
  BAD_REQUEST_BODY: entry(400, 'Invalid request body', 'BadRequestException'),
  BAD_REQUEST_PARAMETERS: entry(400, 'Bad Request', 'BadRequestException'),
  DEFAULT_4XX: entry(400, 'Bad Request', 'BadRequestException'),
  // What a function error or a malformed proxy response is answered with.
  DEFAULT_5XX: entry(502, 'Internal server error', 'InternalServerErrorException'),
  INTEGRATION_FAILURE: entry(504, 'Internal server error', 'InternalServerErrorException'),
  INTEGRATION_TIMEOUT: entry(504, 'Endpoint request timed out', 'InternalServerErrorException'),
  MISSING_AUTHENTICATION_TOKEN: entry(
    403,
    'Missing Authentication Token',
    'MissingAuthenticationTokenException',
  ),
  REQUEST_TOO_LARGE: entry(413, 'Request Too Long', 'RequestTooLargeException'),
  RESOURCE_NOT_FOUND: entry(404, 'Not Found', 'NotFoundException'),
  THROTTLED: entry(429, 'Too Many Requests', 'TooManyRequestsException'),
  UNAUTHORIZED: entry(401, 'Unauthorized', 'UnauthorizedException'),
} satisfies Record<string, Default>

/** Types that the template may declare although nothing here gives them. */
const others = new Set([
  'EXPIRED_TOKEN',
  'INVALID_API_KEY',
  'INVALID_SIGNATURE',
  'QUOTA_EXCEEDED',
  'UNSUPPORTED_MEDIA_TYPE',
  'WAF_FILTERED',
])

export type ResponseType = keyof typeof defaults

export type Respond = (exchange: Exchange, type: ResponseType, message?: string) => Reply

interface Compiled {
  readonly status: number | undefined
  readonly headers: [name: string, value: (exchange: Exchange) => string | undefined][]
  readonly templates: Map<string, (exchange: Exchange) => string>
}

/**
 * Compiles the template's gateway responses over the defaults. What the template does not name
 * falls back on its DEFAULT_4XX and DEFAULT_5XX, their status code included.
 */
export function compileResponder(models: readonly GatewayResponseModel[]): Respond {
  const compiled = new Map<string, Compiled>()
  for (const model of models) {
    if (!(model.type in defaults) && !others.has(model.type)) {
      throw new Failure(`the gateway response type ${model.type} is not known`)
    }
    compiled.set(model.type, compile(model))
  }
  const plain = compile({ type: '', statusCode: undefined, headers: {}, templates: {} })

  return (exchange, type, message) => {
    const { status, message: standard, errorType } = defaults[type]
    const fallback = status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'
    const chosen = compiled.get(type) ?? compiled.get(fallback) ?? plain
    exchange.error = { type, message: message ?? standard }
    exchange.status = chosen.status ?? status
    const [contentType, render] = choose(chosen.templates, headerOf(exchange, 'accept'))
    const headers: Reply['headers'] = [['x-amzn-ErrorType', errorType]]
    for (const [name, value] of chosen.headers) {
      const text = value(exchange)
      if (text !== undefined) headers.push([name, text])
    }
    if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) {
      headers.push(['Content-Type', contentType])
    }
    return { status: exchange.status, headers, body: Buffer.from(render(exchange)) }
  }
}

const standardTemplate = '{"message":$context.error.messageString}'

function compile({ type, statusCode, headers, templates }: GatewayResponseModel): Compiled {
  const entries = Object.entries(templates)
  const all = entries.length > 0 ? entries : [['application/json', standardTemplate] as const]
  return {
    status: statusCode,
    headers: Object.entries(headers).map(([name, mapping]) => [name, mapped(type, mapping)]),
    templates: new Map(
      all.map(([contentType, text]) => {
        if (/(^|\s)#(set|if|foreach|macro)\b|\$(input|util)\b/.test(text)) {
          throw new Failure(`the gateway response ${type} uses VTL that is not understood here`)
        }
        return [contentType, compileContext(text, (value) => value ?? '')]
      }),
    ),
  }
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/gateway-response-parameter-mapping.html */
function mapped(type: string, mapping: string): (exchange: Exchange) => string | undefined {
  const [, text] = /^'(.*)'$/s.exec(mapping) ?? []
  if (text !== undefined) return () => text
  const [, kind, name = ''] =
    /^(context|method\.request\.header|method\.request\.querystring|stageVariables)\.(.+)$/.exec(
      mapping,
    ) ?? []
  if (kind === 'context') return (exchange) => contextValue(exchange, name)
  if (kind === 'method.request.header') return (exchange) => headerOf(exchange, name)
  if (kind === 'stageVariables') return ({ api }) => api.stageVariables[name]
  if (kind !== undefined) {
    return ({ query }) => new URLSearchParams(query).get(name) ?? undefined
  }
  throw new Failure(`the gateway response ${type} maps ${mapping}, which is not understood here`)
}

/** The template of an accepted media type, else that of JSON, else the first. */
function choose<T>(templates: Map<string, T>, accept = ''): [string, T] {
  const accepted = accept.split(',').map((part) => part.split(';')[0]?.trim() ?? '')
  const name =
    accepted.find((candidate) => templates.has(candidate)) ??
    (templates.has('application/json') ? 'application/json' : [...templates.keys()][0])
  return [name as string, templates.get(name as string) as T]
}
