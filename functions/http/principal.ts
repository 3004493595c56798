import type { APIGatewayProxyEvent } from 'aws-lambda'
import { keyIdOfRow } from '../accounts/api-key-rows.ts'
import { memoized } from '../model/memoized.ts'
import { notFoundAs, Problem } from '../model/problems.ts'
import type { CallerKind } from '../model/route.ts'
import { parseScope, type Role } from '../model/scopes.ts'

/** Who calls: what the authorizer established about the access token. */
export interface Principal {
  readonly userId: string
  /** The row that the token stands on: the session's, or the API key's. */
  readonly sessionId: string
  readonly kind: CallerKind
  readonly role: Role
  readonly scopes: ReadonlySet<string>
  /** When the user last proved who they are, seconds; 0 for an API key. */
  readonly authTime: number
}

/** What the authorizer hands on; API Gateway turns every value into a string. */
export interface AuthorizerContext {
  readonly userId: string
  readonly sessionId: string
  readonly role: Role
  /** Packed where it is long. */
  readonly scope: string
  /** When the token ends, seconds since the epoch. */
  readonly exp: number
  readonly authTime: number
}

/** Stands for the end of what has no end: the last second of the year 9999. */
export const noEnd = 253_402_300_799

const scopesOf: (packed: string) => ReadonlySet<string> = memoized(
  (packed) => parseScope(unpackScope(packed)),
  100,
)

/** No scope begins with it. */
const mark = '~'

/** The scopes of a hundred resources would not fit into the 8 KB of an authorizer's answer. */
export const packScope: (scope: string) => string = memoized((scope) => {
  if (scope.length < 1000) return scope
  return mark + process.getBuiltinModule('node:zlib').deflateRawSync(scope).toString('base64')
}, 100)

/** What {@link packScope} packed. */
function unpackScope(packed: string): string {
  if (!packed.startsWith(mark)) return packed
  const bytes = Buffer.from(packed.slice(mark.length), 'base64')
  return process.getBuiltinModule('node:zlib').inflateRawSync(bytes).toString()
}

/**
 * The caller of a route behind the authorizer. The expiry is checked again here, because the
 * gateway may remember the authorizer's answer longer than the token lives.
 * @throws Problem 401 when the token has ended since
 */
export function principal(event: APIGatewayProxyEvent): Principal {
  const context = event.requestContext.authorizer as Partial<Record<string, string>> | null
  const { userId, sessionId, role, scope, exp, authTime } = context ?? {}
  if (!userId || !sessionId || !role || scope === undefined || !exp)
    throw new Error('A route behind the authorizer was called without its context')
  if (Number(exp) * 1000 <= Date.now()) throw new Problem('unauthorized')
  return {
    userId,
    sessionId,
    kind: keyIdOfRow(sessionId) ? 'key' : 'session',
    role: role as Role,
    scopes: scopesOf(scope),
    authTime: Number(authTime ?? 0),
  }
}

/**
 * Waits for what is done with the caller's own account.
 * @throws Problem 401 for a user who has been deleted since the token was checked
 */
export function byCaller<Result>(work: Promise<Result>): Promise<Result> {
  return notFoundAs('unauthorized', work)
}

/**
 * The caller of a request that is not public.
 * @throws Problem 401 where there is none: a route that was opened by mistake stays closed
 */
export function callerOf({ principal: caller }: { readonly principal: Principal | undefined }) {
  if (!caller) throw new Problem('unauthorized')
  return caller
}
