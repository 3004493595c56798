import type { APIGatewayProxyEvent } from 'aws-lambda'
import { setBounded } from '../model/bounded.ts'
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

const maxRemembered = 100
const remembered = new Map<string, ReadonlySet<string>>()

function scopesOf(scope: string): ReadonlySet<string> {
  return remembered.get(scope) ?? setBounded(remembered, maxRemembered, scope, parseScope(scope))
}

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
