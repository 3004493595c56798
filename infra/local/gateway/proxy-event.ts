import { type Exchange, headerOf, requestTime } from './exchange.ts'

/** Hop-by-hop headers, which end at the gateway. */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

type Multi = Record<string, string[]>

/**
 * The event of a Lambda proxy integration, format 1.0, as JSON.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function proxyEvent(
  exchange: Exchange,
  query: Multi | undefined,
  body: Buffer | undefined,
  port: number,
): string {
  const { api, route, method, path, parameters } = exchange
  const multiValueHeaders = headersOf(exchange, port)
  const binary =
    body !== undefined && isBinary(api.binaryMediaTypes, headerOf(exchange, 'content-type'))
  return JSON.stringify({
    resource: route?.path,
    path,
    httpMethod: method,
    headers: lastOf(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: query === undefined ? null : lastOf(query),
    multiValueQueryStringParameters: query ?? null,
    pathParameters: parameters ?? null,
    stageVariables: Object.keys(api.stageVariables).length > 0 ? api.stageVariables : null,
    requestContext: contextOf(exchange),
    body: body === undefined ? null : body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary,
  })
}

function contextOf(exchange: Exchange) {
  const { api, route, method, path, sourceIp, requestId, authorizer } = exchange
  const domainName = headerOf(exchange, 'host') ?? ''
  return {
    accountId: '000000000000',
    apiId: api.id,
    ...(authorizer && { authorizer }),
    domainName,
    domainPrefix: domainName.split('.')[0],
    extendedRequestId: exchange.extendedRequestId,
    httpMethod: method,
    identity: {
      accessKey: null,
      accountId: null,
      caller: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp,
      user: null,
      userAgent: headerOf(exchange, 'user-agent') ?? null,
      userArn: null,
    },
    path,
    protocol: exchange.protocol,
    requestId,
    requestTime: requestTime(exchange),
    requestTimeEpoch: exchange.startedAt,
    resourceId: route?.path,
    resourcePath: route?.path,
    stage: api.stage,
  }
}

function headersOf({ headers, sourceIp, traceId }: Exchange, port: number): Multi {
  const spelling = new Map<string, string>()
  const result: Multi = {}
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (hopByHop.has(lower)) continue
    const known = spelling.get(lower)
    if (known === undefined) {
      spelling.set(lower, name)
      result[name] = [value]
    } else {
      result[known]?.push(value)
    }
  }
  const forwarded = result[spelling.get('x-forwarded-for') ?? '']?.join(', ')
  const set = (name: string, value: string) => {
    delete result[spelling.get(name.toLowerCase()) ?? name]
    result[name] = [value]
  }
  set('X-Forwarded-For', forwarded === undefined ? sourceIp : `${forwarded}, ${sourceIp}`)
  set('X-Forwarded-Port', String(port))
  set('X-Forwarded-Proto', 'http')
  set('X-Amzn-Trace-Id', traceId)
  return result
}

function lastOf(multi: Multi): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name in multi) result[name] = multi[name]?.at(-1) ?? ''
  return result
}

/**
 * Decodes a query string; `undefined` when there is none. A plus sign is a space, a semicolon
 * separates as an ampersand does. Throws URIError at malformed percent-encoding.
 */
export function decodeQuery(query: string): Multi | undefined {
  if (query === '') return undefined
  const result: Multi = Object.create(null)
  for (const pair of query.split(/[&;]/)) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
    const values = result[name]
    if (values === undefined) result[name] = [value]
    else values.push(value)
  }
  return Object.keys(result).length === 0 ? undefined : result
}

const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))

/** Whether a media type is among an API's binary ones; without a type it is JSON. */
export function isBinary(
  binaryMediaTypes: readonly string[],
  mediaType = 'application/json',
): boolean {
  if (binaryMediaTypes.length === 0) return false
  const [bare = ''] = mediaType.split(';')
  const [type] = bare.split('/')
  const wanted = bare.trim().toLowerCase()
  return binaryMediaTypes.some((candidate) => {
    const binary = candidate.toLowerCase()
    return binary === '*/*' || binary === wanted || binary === `${type?.trim().toLowerCase()}/*`
  })
}
