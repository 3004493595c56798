import type { APIGatewayProxyEvent } from 'aws-lambda'
import { memoized } from '../model/memoized.ts'
import { Problem } from '../model/problems.ts'
import { parseScope, type Role } from '../model/scopes.ts'

/** Who calls: what the authorizer established about the access token. */
export interface Principal {
  readonly userId: string
  readonly sessionId: string
  readonly role: Role
  readonly scopes: ReadonlySet<string>
}

/** What the authorizer hands on; API Gateway turns every value into a string. */
export interface AuthorizerContext {
  readonly userId: string
  readonly sessionId: string
  readonly role: Role
  readonly scope: string
  /** When the token ends, seconds since the epoch. */
  readonly exp: number
}

const scopesOf: (scope: string) => ReadonlySet<string> = memoized(parseScope, 100)

/**
 * The caller of a route behind the authorizer. The expiry is checked again here, because the
 * gateway may remember the authorizer's answer longer than the token lives.
 * @throws Problem 401 when the token has ended since
 */
export function principal(event: APIGatewayProxyEvent): Principal {
  const context = event.requestContext.authorizer as Partial<Record<string, string>> | null
  const { userId, sessionId, role, scope, exp } = context ?? {}
  if (!userId || !sessionId || !role || scope === undefined || !exp)
    throw new Error('A route behind the authorizer was called without its context')
  if (Number(exp) * 1000 <= Date.now()) throw new Problem('unauthorized')
  return { userId, sessionId, role: role as Role, scopes: scopesOf(scope) }
}

/**
 * The caller of a request that is not public.
 * @throws Problem 401 where there is none: a route that was opened by mistake stays closed
 */
export function callerOf({ principal: caller }: { readonly principal: Principal | undefined }) {
  if (!caller) throw new Problem('unauthorized')
  return caller
}
