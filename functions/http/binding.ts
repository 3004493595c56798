import type { Route } from '../model/route.ts'
import type { Principal } from './principal.ts'
import type { Reply } from './replies.ts'
import type { Request } from './request.ts'

/** A route together with what it does. */
export interface Binding {
  readonly route: Route
  readonly handle: Handle
  /** What is checked before anything that the caller sent is looked at. */
  readonly guard?: Guard
}

type Handle = (request: Request) => Promise<Reply> | Reply
type Guard = (caller: Principal, params: Request['params']) => void

/** Who calls a route, as far as its declaration tells. */
type CallerOf<Declared extends Route> = [Declared['access']] extends ['public']
  ? undefined
  : 'public' extends Declared['access']
    ? Principal | undefined
    : Principal

/** Ties a handler to its route; the route's access and schemas type the request. */
export function bind<Body, Query, const Declared extends Route<Body, Query>>(
  route: Declared & Route<Body, Query>,
  handle: (request: Request<Body, Query, CallerOf<Declared>>) => Promise<Reply> | Reply,
  guard?: Guard,
): Binding {
  // The pipeline makes the request from this very route.
  return { route, handle: handle as Handle, ...(guard && { guard }) }
}
