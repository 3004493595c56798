import middy, { type MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { Problem } from '../model/problems.ts'
import { type Route, routeKey } from '../model/route.ts'
import { covers } from '../model/scopes.ts'
import { answer, problemAnswer } from './answer.ts'
import { parseBody } from './body.ts'
import { observe } from './observe.ts'
import { type Principal, principal } from './principal.ts'
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

/** A route together with what it does. */
export interface Binding {
  readonly route: Route
  readonly handle: (request: Request) => Promise<Reply> | Reply
  /** What is checked before anything that the caller sent is looked at. */
  readonly guard?: Guard
}

export type Guard = (caller: Principal, params: Request['params']) => void

/** Ties a handler to its route; the route's schemas type the request. */
export function bind<Body, Query>(
  route: Route<Body, Query>,
  handle: (request: Request<Body, Query>) => Promise<Reply> | Reply,
  guard?: Guard,
): Binding {
  return { route, handle, ...(guard && { guard }) } as Binding
}

/** What the chain carries from step to step. */
export interface Internal extends Record<string, unknown> {
  /** As the gateway sent it; `event` itself becomes the admitted request. */
  gateway: APIGatewayProxyEvent
  startedAt: number
  principal?: Principal
}

type Chained = APIGatewayProxyEvent | (() => Promise<Reply> | Reply)
export type Step = MiddlewareObj<Chained, Reply | APIGatewayProxyResult, Error, Context, Internal>
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
  const table = new Map(bindings.map((binding) => [routeKey(binding.route), binding]))
  return middy<Chained, Reply | APIGatewayProxyResult, Error, Context, Internal>({
    timeoutEarlyInMillis: 0,
  })
    .use(observe())
    .use(respond())
    .use(check(table, otherwise))
    .handler((run) => (run as () => Promise<Reply>)()) as unknown as Handler
}

function nothingHere(): Reply {
  throw new Problem('not_found')
}

function respond(): Step {
  return {
    after: (chain) => {
      chain.response = answer(chain.response as Reply, chain.internal.gateway)
    },
    onError: (chain) => {
      chain.response = problemAnswer(chain.error, chain.internal.gateway)
    },
  }
}

/** Checks, the first fault being the one that is told: route, token, scope, query, headers, body. */
function check(
  table: ReadonlyMap<string, Binding>,
  otherwise: (event: APIGatewayProxyEvent) => Reply,
): Step {
  return {
    before: (chain) => {
      const event = chain.event as APIGatewayProxyEvent
      const binding = table.get(`${event.httpMethod} ${event.resource}`)
      if (!binding) {
        chain.event = () => otherwise(event)
        return
      }
      const { route } = binding
      const caller = authorize(event, route)
      const named = params(event)
      if (caller) {
        chain.internal.principal = caller
        binding.guard?.(caller, named)
      }
      const query = parseQuery(event, route)
      const key = idempotencyKey(event, route)
      // It begins as a copy, and has no getter: of a literal V8 comes to think that it lives long,
      // and a getter makes a hidden class for each request.
      const request: Request = {
        ...parseBody(event, route),
        principal: caller as Principal,
        params: named,
        query,
        idempotencyKey: key,
        path: () => pathOf(route, named),
        root: root(event),
        gateway: event.requestContext,
        address: event.requestContext.identity.sourceIp,
        userAgent: event.requestContext.identity.userAgent ?? '',
        header: (name) => header(event, name),
      }
      chain.event = () => binding.handle(request)
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
  if (route.access !== 'authenticated' && !covers(caller.scopes, route.access))
    throw new Problem('insufficient_scope')
  return caller
}
