import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { Problem } from '../model/problems.ts'
import { isOpenTo, methodsOf, type Route, routeKey } from '../model/route.ts'
import type { Binding } from './binding.ts'
import { parseBody } from './body.ts'
import { refreshCookie, requireAllowedOrigin } from './cookie.ts'
import type { Chained, Internal, Middleware } from './middleware.ts'
import { observe } from './observe.ts'
import { type Principal, principal } from './principal.ts'
import { problemResult, toProxyResult } from './proxy-result.ts'
import type { Reply } from './replies.ts'
import {
  header,
  idempotencyKey,
  params,
  parseQuery,
  pathOf,
  type Request,
  root,
} from './request.ts'

/** A Lambda behind the gateway. */
export type Handler = (
  event: APIGatewayProxyEvent,
  context: Context,
) => Promise<APIGatewayProxyResult>

/**
 * The one chain of every function behind the gateway. Whatever is thrown becomes problem details;
 * what is not a `Problem` becomes `internal_error`, its cause logged and never answered.
 *
 * @param otherwise answers what no binding serves; for the function behind the catch-all methods
 */
export function pipeline(
  bindings: readonly Binding[],
  otherwise: (event: APIGatewayProxyEvent) => Reply = nothingHere,
): Handler {
  const table = new Map(
    bindings.flatMap((binding) =>
      methodsOf(binding.route).map((method) => [routeKey({ ...binding.route, method }), binding]),
    ),
  )
  const chain = middy<Chained, Reply | APIGatewayProxyResult, Error, Context, Internal>({
    timeoutEarlyInMillis: 0,
  })
    .use(observe())
    .use(respond())
    .use(check(table))
    .handler((admitted) =>
      'binding' in admitted
        ? admitted.binding.handle(admitted.request)
        : otherwise(admitted as APIGatewayProxyEvent),
    )
  // What leaves the chain is the result that `respond` makes.
  return chain as Handler
}

function nothingHere(): Reply {
  throw new Problem('not_found')
}

function respond(): Middleware {
  return {
    after: (chain) => {
      chain.response = toProxyResult(chain.response as Reply, chain.internal.gateway)
    },
    onError: (chain) => {
      chain.response = problemResult(chain.error, chain.internal.gateway)
    },
  }
}

/**
 * Checks in the order in which faults are reported: route, token, scope, origin, freshness, query,
 * headers, body.
 */
function check(table: ReadonlyMap<string, Binding>): Middleware {
  return {
    before: (chain) => {
      const event = chain.event as APIGatewayProxyEvent
      const binding = table.get(`${event.httpMethod} ${event.resource}`)
      if (!binding) return
      // Others report that API Gateway takes such a path for the one without the slash.
      if (event.path.length > 1 && event.path.endsWith('/')) throw new Problem('not_found')
      const { route } = binding
      const caller = authorize(event, route)
      const named = params(event)
      if (caller) {
        chain.internal.principal = caller
        binding.guard?.(caller, named)
      }
      const cookie = countingCookie(event, route)
      if (caller && route.fresh) requireFresh(caller, route)
      const query = parseQuery(event, route)
      const key = idempotencyKey(event, route)
      // Built by spread and without getters: V8 allocates object literals here as long-lived, and a
      // getter makes a hidden class for each request.
      const request: Request = {
        ...parseBody(event, route),
        principal: caller,
        params: named,
        query,
        idempotencyKey: key,
        cookie,
        path: () => pathOf(route, named),
        root: root(event),
        gateway: event.requestContext,
        address: event.requestContext.identity.sourceIp,
        userAgent: event.requestContext.identity.userAgent ?? '',
        header: (name) => header(event, name),
      }
      chain.event = { binding, request }
    },
  }
}

/**
 * The gateway's policy has decided already. It matches paths by wildcards that cross slashes, so
 * the scope of the exact route is compared once more.
 */
function authorize(event: APIGatewayProxyEvent, route: Route): Principal | undefined {
  if (route.access === 'public') return undefined
  const caller = principal(event)
  if (!isOpenTo(route, caller.kind, caller.scopes)) throw new Problem('insufficient_scope')
  return caller
}

/** @throws Problem 403 where the cookie would count and the origin is not allowed */
function countingCookie(event: APIGatewayProxyEvent, route: Route): string | undefined {
  if (!route.cookie || (route.cookie === 'alone' && event.body)) return undefined
  const cookie = refreshCookie(event)
  if (cookie !== undefined || route.cookie === 'alone')
    requireAllowedOrigin({ header: (name) => header(event, name), gateway: event.requestContext })
  return cookie
}

/** How long a session counts as fresh after its user proved who they are, seconds. */
const freshSeconds = 10 * 60

/** An API key never proves who its user is; on the routes that let keys in, it need not. */
function requireFresh({ kind, authTime }: Principal, { apiKeys }: Route): void {
  if (kind === 'key' && apiKeys) return
  if (kind === 'key' || authTime + freshSeconds < Date.now() / 1000)
    throw new Problem('reauthentication_required')
}
