import type { ApiModel, RouteModel } from '../model.ts'

/** One request on its way through the gateway, and what has become known about it. */
export interface Exchange {
  api: ApiModel
  requestId: string
  extendedRequestId: string
  traceId: string
  /** By the platform's clock. */
  startedAt: number
  /** By `performance.now()`. */
  started: number
  method: string
  /** As on the wire, without the query. */
  path: string
  query: string
  protocol: string
  sourceIp: string
  /** The header lines in order. */
  headers: [name: string, value: string][]
  route: RouteModel | undefined
  parameters: Record<string, string> | undefined
  authorizer: Record<string, string> | undefined
  authorizerLatency: number | undefined
  integrationLatency: number | undefined
  integrationStatus: number | undefined
  error: { type: string; message: string | null } | undefined
  status: number
  responseLength: number
}

/** The last value of a header; names are not case-sensitive. */
export function headerOf({ headers }: Exchange, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return headers.findLast(([candidate]) => candidate.toLowerCase() === wanted)?.[1]
}

/** `22/Nov/2026:03:12:00 +0000` */
export function requestTime({ startedAt }: Exchange): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(startedAt).toUTCString()) ?? []
  return `${day}/${month}/${year}:${time} +0000`
}

type Value = string | number | null | undefined

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html */
const variables: Record<string, (exchange: Exchange) => Value> = {
  accountId: () => '000000000000',
  apiId: ({ api }) => api.id,
  'authorizer.latency': ({ authorizerLatency }) => authorizerLatency,
  'authorizer.error': ({ error }) =>
    error?.type.startsWith('AUTHORIZER') ? error.type : undefined,
  domainName: (exchange) => headerOf(exchange, 'host'),
  'error.message': ({ error }) => error?.message,
  'error.messageString': ({ error }) => error && JSON.stringify(error.message),
  'error.responseType': ({ error }) => error?.type,
  extendedRequestId: ({ extendedRequestId }) => extendedRequestId,
  httpMethod: ({ method }) => method,
  'identity.sourceIp': ({ sourceIp }) => sourceIp,
  'identity.userAgent': (exchange) => headerOf(exchange, 'user-agent'),
  integrationErrorMessage: () => undefined,
  'integration.integrationStatus': ({ integrationStatus }) => integrationStatus,
  'integration.latency': ({ integrationLatency }) => integrationLatency,
  'integration.status': ({ integrationStatus }) => integrationStatus,
  integrationLatency: ({ integrationLatency }) => integrationLatency,
  integrationStatus: ({ integrationStatus }) => integrationStatus,
  path: ({ path }) => path,
  protocol: ({ protocol }) => protocol,
  requestId: ({ requestId }) => requestId,
  requestTime,
  requestTimeEpoch: ({ startedAt }) => startedAt,
  resourceId: ({ route }) => route?.path,
  resourcePath: ({ route }) => route?.path,
  responseLatency: ({ started }) => Math.round(performance.now() - started),
  responseLength: ({ responseLength }) => responseLength,
  stage: ({ api }) => api.stage,
  status: ({ status }) => status,
  xrayTraceId: ({ traceId }) => traceId.replace('Root=', ''),
}

/** The value of `$context.<name>`; `undefined` where this request has none. */
export function contextValue(exchange: Exchange, name: string): string | undefined {
  const value = variables[name]?.(exchange)
  if (value !== undefined && value !== null) return String(value)
  return name.startsWith('authorizer.') ? exchange.authorizer?.[name.slice(11)] : undefined
}

/** Compiles text with `$context.…` in it; `write` renders each value. */
export function compileContext(
  text: string,
  write: (value: string | undefined) => string,
): (exchange: Exchange) => string {
  // Both notations of the Velocity Template Language: $context.name and ${context.name}.
  const parts = text.split(/\$context\.(\w+(?:\.\w+)*)|\$\{context\.(\w+(?:\.\w+)*)\}/)
  return (exchange) => {
    let result = ''
    for (let index = 0; index < parts.length; index += 3) {
      result += parts[index] ?? ''
      const name = parts[index + 1] ?? parts[index + 2]
      if (name !== undefined) result += write(contextValue(exchange, name))
    }
    return result
  }
}
