import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import { memoized } from '../model/memoized.ts'
import { type CallerKind, isOpenTo, type RouteAccess } from '../model/route.ts'
import { parseScope } from '../model/scopes.ts'

/** Whose policy it is. */
export interface Caller {
  readonly kind: CallerKind
  readonly scope: string
}

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
  caller: Caller,
  patternsOf: (caller: Caller) => Patterns,
  methodArn: string,
): APIGatewayAuthorizerResult['policyDocument'] {
  const { allow, deny } = patternsOf(caller)
  const statement = (Effect: 'Allow' | 'Deny', patterns: readonly string[]) => ({
    Action: 'execute-api:Invoke',
    Effect,
    Resource: patterns.map((pattern) => resourceArn(methodArn, pattern)),
  })
  return {
    Version: '2012-10-17',
    Statement: [statement('Allow', allow), ...(deny.length > 0 ? [statement('Deny', deny)] : [])],
  }
}

/** Region and account are left open, as the whole policy must stay small. */
function resourceArn(methodArn: string, pattern: string): string {
  const [arn, partition, service, , , path = ''] = methodArn.split(':')
  const start = `${arn}:${partition}:${service}:*:*:`
  return pattern.startsWith('*')
    ? start + pattern
    : `${start}${path.split('/', 2).join('/')}/${pattern}`
}

/** The patterns of a caller over these routes, remembered by kind and scope. */
export function patternsOver(routes: readonly RouteAccess[]): (caller: Caller) => Patterns {
  const of = {
    session: memoized((scope: string) => compute('session', parseScope(scope), routes), 100),
    key: memoized((scope: string) => compute('key', parseScope(scope), routes), 100),
  }
  return ({ kind, scope }) => of[kind](scope)
}

/**
 * What may be opened whole and then closed in part, where opening each route takes too much room.
 */
const wholes: readonly (readonly string[])[] = [[], ['GET/*'], ['*']]

const everything: Patterns = { allow: ['*'], deny: [] }

/**
 * The most characters of all patterns in the policy: the gateway's 8 KB, less what else the answer
 * holds.
 */
const maximum = 6500

/**
 * What is open to a caller, in patterns that the policy has room for. A wildcard crosses slashes:
 * `GET/users/*` opens `/users/x/books` too. What is open by accident is denied by name, unless the
 * name would cover something that is meant to be open. Some choices of the scopes of a hundred
 * resources fit into no policy: then the gateway lets everything through, and only the functions,
 * which look at the scope of every request, refuse.
 */
function compute(
  kind: CallerKind,
  scopes: ReadonlySet<string>,
  routes: readonly RouteAccess[],
): Patterns {
  const secured = routes.filter(({ access }) => access !== 'public')
  const [open, closed] = [true, false].map((wanted) =>
    secured.filter((route) => isOpenTo(route, kind, scopes) === wanted),
  ) as [RouteAccess[], RouteAccess[]]
  if (closed.length === 0) return everything
  for (const whole of wholes) {
    const policy = policyWith(whole, open, closed)
    if (policy && lengthOf(policy) <= maximum) return policy
  }
  return everything
}

/** @returns nothing where the whole would leave something open that is not meant to be */
function policyWith(
  whole: readonly string[],
  open: readonly RouteAccess[],
  closed: readonly RouteAccess[],
): Patterns | undefined {
  const opened = whole.map(coverage)
  const isOpened = (route: RouteAccess) => opened.some((by) => by(pattern(route)))
  const meant = open.map(pattern)
  const refused = closed.map(pattern)
  const allow = [
    ...whole,
    ...shorter(
      open.filter((route) => !isOpened(route)),
      (wide) => !refused.some(coverage(wide)),
    ),
  ]
  const covered = allow.map(coverage)
  const mayBeDenied = (name: string) => !meant.some(coverage(name))
  const byAccident = closed.filter((route) => covered.some((by) => by(pattern(route))))
  const deniable = byAccident.filter((route) => mayBeDenied(pattern(route)))
  if (whole.length > 0 && deniable.length < byAccident.length) return undefined
  return { allow, deny: shorter(deniable, mayBeDenied) }
}

function lengthOf({ allow, deny }: Patterns): number {
  const api = 'arn:aws:execute-api:*:*:abcdefghij/local/'
  return JSON.stringify([...allow, ...deny].map((each) => resourceArn(api, each))).length
}

/** The routes by the widest patterns that fit. */
function shorter(routes: readonly RouteAccess[], fits: (wide: string) => boolean): string[] {
  return [...Map.groupBy(routes, collection)].flatMap(([path, ofPath]) => {
    const whole = `*${path}*`
    if (ofPath.length > 1 && fits(whole)) return [whole]
    return [...Map.groupBy(ofPath, ({ method }) => method)].flatMap(([method, ofMethod]) => {
      const wide = `${method}${path}*`
      return ofMethod.length > 1 && fits(wide) ? [wide] : ofMethod.map(pattern)
    })
  })
}

/** `/books` of `/books/{id}` and of `/books`. */
function collection(route: RouteAccess): string {
  return pattern(route).slice(route.method.length).replace(/\/\*$/, '')
}

function pattern({ method, path }: RouteAccess): string {
  return method + path.replace(/\{[^}]+\}/g, '*')
}

/** Tells whether a pattern matches everything that another one matches. */
function coverage(wide: string): (narrow: string) => boolean {
  const source = wide.split('*').map(RegExp.escape).join('.*')
  const expression = new RegExp(`^${source}$`)
  return (narrow) => expression.test(narrow)
}
