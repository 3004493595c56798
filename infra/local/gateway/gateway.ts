import type { IncomingMessage, ServerResponse } from 'node:http'
import { FunctionError } from '../lambda/function-error.ts'
import { type Log, platformLog } from '../logs.ts'
import { createRouter, type Match, type Router } from '../routes.ts'
import { accessLog } from './access-log.ts'
import { type Exchange, headerOf } from './exchange.ts'
import { compileResponder, type Reply, type Respond } from './gateway-responses.ts'
import { MalformedResponse, proxyResponse } from './integration-response.ts'
import { newExchange, unreadableExchange } from './new-exchange.ts'
import { decodeQuery, proxyEvent } from './proxy-event.ts'
import { readBody } from './request-body.ts'
import { compress, send } from './send.ts'
import { apiArn, compileTargets, type Target, type TargetOptions } from './targets.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const maximumBody = 10 * 1024 * 1024
const maximumHead = 10_240

export interface GatewayOptions extends TargetOptions {
  readonly log: Log
}

export interface Gateway {
  handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void>
  /** What a request that is not HTTP, or has too long a head, is answered with. */
  unreadable(kind: 'BAD_REQUEST_PARAMETERS' | 'REQUEST_TOO_LARGE', sourceIp: string): Reply
}

interface Compiled {
  /** `arn:aws:execute-api:…/<stage>` */
  readonly stageArn: string
  readonly route: Router<Target>
  readonly respond: Respond
  readonly log: Log
}

/** API Gateway for one REST API and stage, served at the root as behind a custom domain. */
export function compileGateway(options: GatewayOptions): Gateway {
  const { model, api, clock, log } = options
  const respond = compileResponder(api.gatewayResponses)
  const route = createRouter(compileTargets(options))
  const compiled = { stageArn: `${apiArn(model, api)}/${api.stage}`, route, respond, log }
  const logAccess = accessLog(api, log)
  return {
    async handle(incoming, answer) {
      const exchange = newExchange(api, incoming, clock)
      const reply = await compress(exchange, await replyTo(compiled, exchange, incoming))
      exchange.responseLength = reply.body.length
      send(exchange, reply, answer)
      logAccess?.(exchange)
    },
    unreadable: (kind, sourceIp) => respond(unreadableExchange(api, sourceIp, clock), kind),
  }
}

/** Everything between the request and the reply, in API Gateway's order. */
async function replyTo(
  gateway: Compiled,
  exchange: Exchange,
  incoming: IncomingMessage,
): Promise<Reply> {
  const { respond } = gateway
  const size = exchange.headers.reduce((sum, [n, v]) => sum + n.length + v.length, 0)
  if (size + exchange.path.length + exchange.query.length > maximumHead) {
    return respond(exchange, 'REQUEST_TOO_LARGE')
  }
  if (!exchange.path.startsWith('/')) return respond(exchange, 'BAD_REQUEST_PARAMETERS')
  let match: Match<Target> | undefined
  let query: ReturnType<typeof decodeQuery>
  try {
    match = gateway.route(exchange.method, exchange.path)
    query = decodeQuery(exchange.query)
  } catch {
    return respond(exchange, 'BAD_REQUEST_PARAMETERS')
  }
  if (match === undefined) return respond(exchange, 'MISSING_AUTHENTICATION_TOKEN')
  const { route } = match
  exchange.route = route
  exchange.parameters = match.parameters
  if (!route.admit(exchange.method)) return respond(exchange, 'THROTTLED')
  const body = await readBody(incoming, maximumBody)
  if (body === 'too large') return respond(exchange, 'REQUEST_TOO_LARGE')
  const refusal = await authorize(gateway, exchange, route)
  if (refusal !== undefined) return refusal
  if (!route.permitted) return notPermitted(gateway, exchange, route)
  const port = incoming.socket.localPort ?? 80
  return integrate(gateway, exchange, route, proxyEvent(exchange, query, body, port))
}

function notPermitted({ respond, log }: Compiled, exchange: Exchange, route: Target): Reply {
  const message =
    'Execution failed due to configuration error: Invalid permissions on Lambda function'
  platformLog(log, 'ERROR', message, { route: `${exchange.method} ${route.path}` })
  return respond(exchange, 'API_CONFIGURATION_ERROR')
}

async function authorize(
  { respond, log, stageArn }: Compiled,
  exchange: Exchange,
  { authorizer }: Target,
): Promise<Reply | undefined> {
  if (authorizer === undefined) return undefined
  if (!authorizer.model.permitted) {
    platformLog(log, 'ERROR', 'API Gateway has no permission to invoke the authorizer', {})
    return respond(exchange, 'AUTHORIZER_CONFIGURATION_ERROR')
  }
  const { method, path, traceId, headers } = exchange
  const { header } = authorizer.model
  const tokens = headers.filter(([name]) => name.toLowerCase() === header).map(([, v]) => v)
  const started = performance.now()
  const methodArn = `${stageArn}/${method}${plainPath(path)}`
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

/** A percent-encoded unreserved character is that character: RFC 3986 section 6.2.2.2. */
function plainPath(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : encoded
  })
}

async function integrate(
  { respond, log }: Compiled,
  exchange: Exchange,
  { pool, timeoutMs }: Target,
  event: string,
): Promise<Reply> {
  const started = performance.now()
  const timeout = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => timeout.resolve(undefined), timeoutMs)
  try {
    const result = await Promise.race([pool.invoke(event, exchange.traceId), timeout.promise])
    if (result === undefined) return respond(exchange, 'INTEGRATION_TIMEOUT')
    exchange.integrationStatus = 200
    const { binaryMediaTypes } = exchange.api
    const reply = proxyResponse(result, binaryMediaTypes, headerOf(exchange, 'accept'))
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
