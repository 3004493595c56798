import * as z from 'zod'
import { once } from '../model/memoized.ts'
import { basePath, type Route } from '../model/route.ts'

const common = { lambda: 'system', method: 'GET', tag: 'system', access: 'public' } as const

/** Public JWK members only. */
const publicKey = () =>
  z.strictObject({
    kty: z.enum(['EC', 'OKP', 'RSA']),
    kid: z.string(),
    alg: z.string(),
    use: z.literal('sig'),
    ...Object.fromEntries(['crv', 'x', 'y', 'n', 'e'].map((name) => [name, z.string().optional()])),
  })

export const home = {
  ...common,
  operationId: 'home',
  path: basePath,
  summary: 'The name, the version, and links to everything with the scope that each needs',
  response: {
    status: 200,
    description: 'The home document',
    body: () =>
      z.strictObject({
        name: z.string(),
        version: z.string(),
        _links: z.record(
          z.string(),
          z.strictObject({
            href: z.string(),
            method: z.string().optional(),
            scope: z.string().optional(),
            templated: z.literal(true).optional(),
          }),
        ),
      }),
  },
} as const satisfies Route

export const publicPage = {
  ...common,
  operationId: 'publicPage',
  path: `${basePath}/public`,
  summary: 'A page for everybody',
  response: {
    status: 200,
    description: 'A greeting',
    body: () => z.strictObject({ message: z.string() }),
  },
} as const satisfies Route

export const privatePage = {
  ...common,
  operationId: 'privatePage',
  path: `${basePath}/private`,
  access: 'authenticated',
  summary: 'A page for signed-in users',
  response: {
    status: 200,
    description: 'A greeting and the caller',
    body: () =>
      z.strictObject({
        message: z.string(),
        user: z.strictObject({ id: z.string(), username: z.string() }),
      }),
  },
} as const satisfies Route

export const health = {
  ...common,
  operationId: 'health',
  path: `${basePath}/health`,
  summary: 'Check that the API is up',
  response: {
    status: 200,
    description: 'The API is up',
    body: () => z.strictObject({ status: z.literal('ok') }),
  },
} as const satisfies Route

export const jwks = {
  ...common,
  operationId: 'jwks',
  path: '/.well-known/jwks.json',
  summary: 'The public keys that verify access tokens (RFC 7517)',
  response: {
    status: 200,
    description: 'A JWK Set',
    body: () => z.strictObject({ keys: z.array(publicKey()).max(100) }),
  },
} as const satisfies Route

/** RFC 8414 section 2. */
const metadata = once(() =>
  z
    .strictObject({
      issuer: z.string(),
      jwks_uri: z.string(),
      token_endpoint: z.string(),
      revocation_endpoint: z.string(),
      introspection_endpoint: z.string(),
      scopes_supported: names(),
      grant_types_supported: names(),
      response_types_supported: names(),
      subject_types_supported: names(),
      token_endpoint_auth_methods_supported: names(),
      revocation_endpoint_auth_methods_supported: names(),
      id_token_signing_alg_values_supported: names(),
      access_token_signing_alg_values_supported: names(),
    })
    .meta({ id: 'Metadata' }),
)

const names = () => z.array(z.string()).max(1000)

export const discovery = {
  ...common,
  operationId: 'discovery',
  path: '/.well-known/openid-configuration',
  summary: 'The metadata that clients and verifiers of access tokens need (RFC 8414)',
  response: { status: 200, description: 'The metadata', body: metadata },
} as const satisfies Route

export const authorizationServer = {
  ...discovery,
  operationId: 'authorizationServer',
  path: '/.well-known/oauth-authorization-server',
} as const satisfies Route

export const openapi = {
  ...common,
  operationId: 'openapi',
  path: `${basePath}/openapi.json`,
  summary: 'This document (OpenAPI 3.1)',
  headers: ['If-None-Match'],
  response: {
    status: 200,
    description: 'The document',
    body: () => z.looseObject({ openapi: z.string() }),
    headers: ['ETag'],
  },
} as const satisfies Route

export const docs = {
  ...common,
  operationId: 'docs',
  path: '/docs',
  summary: 'This document as an interactive page',
  response: {
    status: 200,
    description: 'The page',
    body: () => z.string(),
    mediaType: 'text/html',
  },
} as const satisfies Route

export const account = {
  ...common,
  operationId: 'account',
  path: '/account',
  summary: 'The page behind the links in mails',
  response: {
    status: 200,
    description: 'The page',
    body: () => z.string(),
    mediaType: 'text/html',
  },
} as const satisfies Route

export const systemRoutes: readonly Route[] = [
  home,
  publicPage,
  privatePage,
  health,
  jwks,
  discovery,
  authorizationServer,
  openapi,
  docs,
  account,
]
