import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzip } from 'node:zlib'
import { type Authorizer, createAuthorizer } from './authorizer.ts'
import type { Clock } from './clock.ts'
import { compileContext, type Exchange, headerOf } from './exchange.ts'
import { required } from './failure.ts'
import { FunctionError } from './function-error.ts'
import type { FunctionPool } from './functions.ts'
import { createResponder, type Reply } from './gateway-responses.ts'
import { wildcard } from './iam.ts'
import { MalformedResponse, proxyResponse } from './integration-response.ts'
import { type Log, platformLog } from './logs.ts'
import type { ApiModel, Model, RouteModel } from './model.ts'
import { decodeQuery, proxyEvent } from './proxy-event.ts'
import { readBody } from './request-body.ts'
import { createRouter } from './routes.ts'
import { createBucket } from './throttle.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const maximumBody = 10 * 1024 * 1024
const maximumHead = 10_240

export interface GatewayOptions {
  model: Model
  api: ApiModel
  poolOf: (functionArn: string) => FunctionPool
  clock: Clock
  log: Log
}

export interface Gateway {
  handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void>
  /** What a request that is not HTTP is answered with. */
  malformed(sourceIp: string): Reply
}

interface Target extends RouteModel {
  pool: FunctionPool
  /** Whether a permission lets the gateway invoke the function for this method. */
  permitted: (method: string) => boolean
  authorizer: Authorizer | undefined
  authorizerPermitted: boolean
  admit: (() => boolean) | undefined
}

/** API Gateway for one REST API and stage, served at the root as behind a custom domain. */
export function createGateway({ model, api, poolOf, clock, log }: GatewayOptions): Gateway {
  const arn = `arn:aws:execute-api:${model.region}:${model.account}:${api.id}`
  const respond = createResponder(api.gatewayResponses)
  const accessLog = accessLogOf(api, log)
  const authorizers = new Map(
    api.authorizers.map((authorizer) => {
      const pool = poolOf(authorizer.functionArn)
      const invoke = (event: string, traceId: string) => pool.invoke(event, traceId)
      return [authorizer.id, createAuthorizer(authorizer, invoke, clock)] as const
    }),
  )

  const permissionsOf = (functionArn: string) =>
    model.permissions
      .filter((p) => p.principal === 'apigateway.amazonaws.com' && p.functionArn === functionArn)
      .map(({ sourceArn }) => wildcard(sourceArn ?? '*'))

  const router = createRouter(
    api.routes.map((route): Target => {
      const { id, functionArn, authorizerId, path, throttle } = route
      const tests = permissionsOf(functionArn)
      const authorizer =
        authorizerId === undefined
          ? undefined
          : required(authorizers.get(authorizerId), `${id}: its authorizer ${authorizerId}`)
      const authorizerArn = `${arn}/authorizers/${authorizerId}`
      return {
        ...route,
        pool: poolOf(functionArn),
        permitted: (method) => tests.some((test) => test(`${arn}/${api.stage}/${method}${path}`)),
        authorizer,
        authorizerPermitted:
          authorizer !== undefined &&
          permissionsOf(authorizer.model.functionArn).some((test) => test(authorizerArn)),
        admit: throttle && createBucket(throttle, clock),
      }
    }),
  )

  /** Everything between the request and the reply, in API Gateway's order. */
  async function replyTo(exchange: Exchange, incoming: IncomingMessage): Promise<Reply> {
    const size = exchange.headers.reduce((sum, [n, v]) => sum + n.length + v.length, 0)
    if (size + (incoming.url?.length ?? 0) > maximumHead) {
      return respond(exchange, 'REQUEST_TOO_LARGE')
    }
    const { method, path, traceId } = exchange
    if (!path.startsWith('/') || headerOf(exchange, 'host') === undefined) {
      return respond(exchange, 'BAD_REQUEST_PARAMETERS')
    }
    let match: ReturnType<typeof router>
    let query: ReturnType<typeof decodeQuery>
    try {
      match = router(method, path)
      query = decodeQuery(exchange.query)
    } catch {
      return respond(exchange, 'BAD_REQUEST_PARAMETERS')
    }
    if (match === undefined) return respond(exchange, 'MISSING_AUTHENTICATION_TOKEN')
    const { route } = match
    exchange.route = route
    exchange.parameters = match.parameters
    if (route.admit !== undefined && !route.admit()) return respond(exchange, 'THROTTLED')
    const body = await readBody(incoming, maximumBody)
    if (body === 'too large') return respond(exchange, 'REQUEST_TOO_LARGE')
    const refusal = await authorize(exchange, route)
    if (refusal !== undefined) return refusal
    if (!route.permitted(method)) {
      const message =
        'Execution failed due to configuration error: Invalid permissions on Lambda function'
      platformLog(log, 'ERROR', message, { route: `${method} ${route.path}` })
      return respond(exchange, 'API_CONFIGURATION_ERROR')
    }
    const port = incoming.socket.localPort ?? 80
    return integrate(exchange, route, proxyEvent(exchange, query, body, port), traceId)
  }

  async function authorize(exchange: Exchange, route: Target): Promise<Reply | undefined> {
    const { authorizer } = route
    if (authorizer === undefined) return undefined
    const { method, path, traceId, headers } = exchange
    if (!route.authorizerPermitted) {
      platformLog(log, 'ERROR', 'API Gateway has no permission to invoke the authorizer', {})
      return respond(exchange, 'AUTHORIZER_CONFIGURATION_ERROR')
    }
    const { header } = authorizer.model
    const tokens = headers.filter(([name]) => name.toLowerCase() === header).map(([, v]) => v)
    const started = performance.now()
    const methodArn = `${arn}/${api.stage}/${method}${path}`
    const verdict = await authorizer.authorize(tokens, methodArn, traceId)
    exchange.authorizerLatency = Math.round(performance.now() - started)
    if (verdict.kind === 'unauthorized') return respond(exchange, 'UNAUTHORIZED')
    if (verdict.kind === 'failed') {
      platformLog(log, 'ERROR', `the authorizer failed: ${verdict.reason}`)
      return respond(exchange, verdict.type)
    }
    exchange.authorizer = verdict.context
    if (verdict.kind === 'allowed') return undefined
    const message = 'User is not authorized to access this resource'
    return verdict.explicit
      ? respond(exchange, 'ACCESS_DENIED', `${message} with an explicit deny`)
      : respond(exchange, 'ACCESS_DENIED')
  }

  async function integrate(
    exchange: Exchange,
    { pool, timeoutMs }: Target,
    event: string,
    traceId: string,
  ): Promise<Reply> {
    const started = performance.now()
    const timeout = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => timeout.resolve(undefined), timeoutMs)
    try {
      const result = await Promise.race([pool.invoke(event, traceId), timeout.promise])
      if (result === undefined) return respond(exchange, 'INTEGRATION_TIMEOUT')
      exchange.integrationStatus = 200
      const reply = proxyResponse(result, api.binaryMediaTypes, headerOf(exchange, 'accept'))
      exchange.status = reply.status
      return reply
    } catch (error) {
      if (error instanceof MalformedResponse) {
        const message = `Malformed Lambda proxy response: ${error.message}`
        platformLog(log, 'ERROR', message, { function: pool.model.tag })
      } else if (!(error instanceof FunctionError)) {
        platformLog(log, 'ERROR', `the integration failed: ${(error as Error).message}`)
      }
      return respond(exchange, 'DEFAULT_5XX')
    } finally {
      clearTimeout(timer)
      exchange.integrationLatency = Math.round(performance.now() - started)
    }
  }

  return {
    async handle(incoming, answer) {
      const exchange = newExchange(api, incoming, clock)
      let reply = await replyTo(exchange, incoming)
      reply = await compress(exchange, reply)
      exchange.responseLength = reply.body.length
      send(exchange, reply, answer)
      accessLog?.(exchange)
    },
    malformed: (sourceIp) => {
      const incoming = { method: 'GET', url: '/', rawHeaders: [], httpVersion: '1.1' }
      const socket = { remoteAddress: sourceIp }
      const exchange = newExchange(
        api,
        { ...incoming, socket } as unknown as IncomingMessage,
        clock,
      )
      return respond(exchange, 'BAD_REQUEST_PARAMETERS')
    },
  }
}

function newExchange(api: ApiModel, incoming: IncomingMessage, clock: Clock): Exchange {
  const { rawHeaders, url = '/', method = 'GET' } = incoming
  const headers: Exchange['headers'] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  const question = url.indexOf('?')
  const given = incoming.headers?.['x-amzn-trace-id']
  const startedAt = clock.now()
  const root = `Root=1-${Math.floor(startedAt / 1000).toString(16)}-${randomBytes(12).toString('hex')}`
  return {
    api,
    requestId: randomUUID(),
    extendedRequestId: `${randomBytes(11).toString('base64url')}=`,
    traceId: typeof given === 'string' && given.includes('Root=') ? given : root,
    startedAt,
    started: performance.now(),
    method,
    path: question < 0 ? url : url.slice(0, question),
    query: question < 0 ? '' : url.slice(question + 1),
    protocol: `HTTP/${incoming.httpVersion}`,
    sourceIp: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    headers,
    route: undefined,
    parameters: undefined,
    authorizer: undefined,
    authorizerLatency: undefined,
    integrationLatency: undefined,
    integrationStatus: undefined,
    error: undefined,
    status: 0,
    responseLength: 0,
  }
}

function send(exchange: Exchange, reply: Reply, answer: ServerResponse): void {
  const headers: string[] = []
  for (const [name, value] of reply.headers) headers.push(name, value)
  headers.push('x-amzn-RequestId', exchange.requestId)
  headers.push('x-amz-apigw-id', exchange.extendedRequestId)
  headers.push('X-Amzn-Trace-Id', exchange.traceId)
  const bodiless = reply.status === 204 || reply.status === 304
  if (!bodiless) headers.push('Content-Length', String(reply.body.length))
  answer.writeHead(reply.status, headers)
  answer.end(exchange.method === 'HEAD' || bodiless ? undefined : reply.body)
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html */
function compress(exchange: Exchange, reply: Reply): Reply | Promise<Reply> {
  const { minimumCompressionSize: minimum } = exchange.api
  if (minimum === undefined || reply.body.length < minimum || reply.body.length === 0) return reply
  if (!/\bgzip\b|\*/.test(headerOf(exchange, 'accept-encoding') ?? '')) return reply
  if (reply.headers.some(([name]) => name.toLowerCase() === 'content-encoding')) return reply
  return new Promise((resolve, reject) => {
    gzip(reply.body, (error, body) => {
      if (error !== null) return reject(error)
      resolve({ ...reply, headers: [...reply.headers, ['Content-Encoding', 'gzip']], body })
    })
  })
}

/** The stage's access log: one line for every request; a value that is absent is a hyphen. */
function accessLogOf({ accessLogFormat }: ApiModel, log: Log) {
  if (accessLogFormat === undefined) return undefined
  const render = compileContext(accessLogFormat, (value) =>
    value === undefined ? '-' : JSON.stringify(value).slice(1, -1),
  )
  return (exchange: Exchange) => log(render(exchange), 'access')
}
