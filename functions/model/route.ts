import type * as z from 'zod'
import { covers } from './covers.ts'
import type { ProblemCode } from './problems.ts'
import type { Scope } from './scopes.ts'

export const basePath = '/api/v1'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Who may call a route: anybody, any valid access token, or a token that has the scope. */
export type Access = 'public' | 'authenticated' | Scope

/** What API Gateway and the authorizer need to know of a route. */
export interface RouteAccess {
  readonly method: Method
  /** From the root of the API, parameters in braces, as API Gateway writes them. */
  readonly path: string
  readonly access: Access
  /** For a route under /auth: API keys reach it too, all of them or those with the scope. */
  readonly apiKeys?: 'all' | 'scope'
}

/** What a caller has: the access token of a session, or an API key. */
export type CallerKind = 'session' | 'key'

/** Whether a token opens a route that is not public. An API key reaches little under /auth. */
export function isOpenTo(
  { access, path, apiKeys }: RouteAccess,
  kind: CallerKind,
  scopes: ReadonlySet<string>,
): boolean {
  if (kind === 'key' && path.startsWith(`${basePath}/auth/`)) {
    if (!apiKeys) return false
    if (apiKeys === 'all') return true
  }
  return access === 'authenticated' || (access !== 'public' && covers(scopes, access))
}

/**
 * The successful response: what the documentation says, and what the tests check answers against.
 */
export interface RouteResponse {
  readonly status: 200 | 201 | 202 | 204
  readonly description: string
  readonly body?: () => z.ZodType
  /** Of the body; JSON by default. */
  readonly mediaType?: string
  readonly headers?: readonly ('ETag' | 'Location' | 'Link')[]
}

/** Request headers that an operation may understand beside the common ones. */
export type RequestHeader = 'If-Match' | 'If-None-Match' | 'Idempotency-Key'

/**
 * A route as it is declared: the gateway, the handlers and the documentation all read this. Schemas
 * are thunks, so that a cold start makes only those that its requests need.
 */
export interface Route<Body = unknown, Query = unknown> extends RouteAccess {
  readonly operationId: string
  /** The file in functions/ that serves it. */
  readonly lambda: string
  readonly summary: string
  readonly tag: string
  readonly params?: () => Readonly<Record<string, z.ZodType>>
  /** A route with a query schema refuses every parameter that is not in it. */
  readonly query?: () => z.ZodType<Query>
  readonly body?: () => z.ZodType<Body>
  /** The body is a form, and its faults are answered as OAuth's are (RFC 6749 section 5.2). */
  readonly form?: true
  /** The cookie of a refresh token counts: always, or with an empty body. */
  readonly cookie?: 'always' | 'alone'
  /** It computes the hash of a password, which is expensive: the gateway lets fewer through. */
  readonly hashes?: true
  /** The session's user must have proved lately who they are. */
  readonly fresh?: true
  /** The body may be left out (login by HTTP Basic). */
  readonly bodyOptional?: true
  readonly headers?: readonly RequestHeader[]
  readonly response: RouteResponse
  /** Another success, where what is asked for may happen later. */
  readonly otherResponse?: RouteResponse
  /** Only stages that send mail have it. */
  readonly mail?: true
  /** The errors that are particular to it, beside those that every route of its kind has. */
  readonly errors?: readonly ProblemCode[]
}

/** The methods that a route is served by: what is public answers HEAD as it does GET. */
export function methodsOf({ method, access }: Pick<RouteAccess, 'method' | 'access'>): string[] {
  return method === 'GET' && access === 'public' ? [method, 'HEAD'] : [method]
}

/** What API Gateway calls the route: `GET /api/v1/books/{id}`. */
export function routeKey(route: { method: string; path: string }): string {
  return `${route.method} ${route.path}`
}

/** The type of the body that a route's schema gives. */
export type BodyOf<Declared extends { readonly body: () => z.ZodType }> = z.infer<
  ReturnType<Declared['body']>
>
