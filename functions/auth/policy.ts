import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import { memoized } from '../model/memoized.ts'
import type { RouteAccess } from '../model/route.ts'
import { covers, parseScope } from '../model/scopes.ts'

interface Patterns {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/**
 * The policy of a caller: every route that the scopes open, whichever route is being called, since
 * the gateway may remember it and apply it to the caller's other requests.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function policyDocument(
  scope: string,
  patternsOf: (scope: string) => Patterns,
  methodArn: string,
): APIGatewayAuthorizerResult['policyDocument'] {
  const api = methodArn.split('/', 2).join('/')
  const { allow, deny } = patternsOf(scope)
  const statement = (Effect: 'Allow' | 'Deny', patterns: readonly string[]) => ({
    Action: 'execute-api:Invoke',
    Effect,
    Resource: patterns.map((pattern) => `${api}/${pattern}`),
  })
  return {
    Version: '2012-10-17',
    Statement: [statement('Allow', allow), ...(deny.length > 0 ? [statement('Deny', deny)] : [])],
  }
}

/** The patterns of a scope over these routes, remembered by scope. */
export function patternsOver(routes: readonly RouteAccess[]): (scope: string) => Patterns {
  return memoized((scope: string) => compute(parseScope(scope), routes), 100)
}

/**
 * A wildcard crosses slashes: `GET/users/*` opens `/users/x/posts` too. What is open by accident
 * is denied by name, unless the name would cover something that is meant to be open. A caller to
 * whom every route is open has one pattern, as the whole policy must stay small.
 */
function compute(scopes: ReadonlySet<string>, routes: readonly RouteAccess[]): Patterns {
  const secured = routes.filter(({ access }) => access !== 'public')
  const [open, closed] = [true, false].map((wanted) =>
    secured.filter(({ access }) => isOpen(access, scopes) === wanted).map(pattern),
  ) as [string[], string[]]
  if (closed.length === 0) return { allow: ['*'], deny: [] }
  const deny = closed.filter(
    (name) =>
      open.some((allowed) => coversPattern(allowed, name)) &&
      !open.some((allowed) => coversPattern(name, allowed)),
  )
  return { allow: open, deny }
}

function isOpen(access: RouteAccess['access'], scopes: ReadonlySet<string>): boolean {
  return access === 'authenticated' || (access !== 'public' && covers(scopes, access))
}

function pattern({ method, path }: RouteAccess): string {
  return method + path.replace(/\{[^}]+\}/g, '*')
}

/** True when the wider pattern matches whatever the narrower one does. */
function coversPattern(wider: string, narrower: string): boolean {
  const source = wider.split('*').map(RegExp.escape).join('.*')
  return new RegExp(`^${source}$`).test(narrower)
}
