import * as z from 'zod'
import { once } from '../model/memoized.ts'
import { basePath, type Route } from '../model/route.ts'

const common = { lambda: 'system', method: 'GET', tag: 'system', access: 'public' } as const

/** Public JWK members only. */
const publicKey = () =>
  z.strictObject({
    kty: z.enum(['EC', 'OKP', 'RSA']).describe('The key type, which decides the other members.'),
    kid: z.string().describe('As in the header of the tokens that this key verifies.'),
    alg: z.string().describe('The algorithm that it is for (RFC 7518), and no other.'),
    use: z.literal('sig').describe('For signatures.'),
    crv: z.string().optional().describe('EC and OKP: the curve.'),
    x: z.string().optional().describe('EC: the first coordinate; OKP: the public key; base64url.'),
    y: z.string().optional().describe('EC: the second coordinate, base64url.'),
    n: z.string().optional().describe('RSA: the modulus, base64url.'),
    e: z.string().optional().describe('RSA: the exponent, base64url.'),
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
        name: z.string().describe('The name of the API, as in `openapi.json`.'),
        version: z.string().describe('The version of the code, as in `openapi.json`.'),
        _links: z
          .record(
            z.string(),
            z.strictObject({
              href: z.string().describe('The path, including the stage if there is one.'),
              method: z.string().optional().describe('Absent for GET.'),
              scope: z
                .string()
                .optional()
                .describe('The scope that it needs; absent where it needs none.'),
              templated: z
                .literal(true)
                .optional()
                .describe('Present if the path has parameters in braces (RFC 6570).'),
            }),
          )
          .describe('The links, by `operationId`; collections by name.'),
      }),
  },
} as const satisfies Route

const greeting = () => z.string().describe('A greeting, for people.')

export const publicPage = {
  ...common,
  operationId: 'publicPage',
  path: `${basePath}/public`,
  summary: 'A page for everybody',
  response: {
    status: 200,
    description: 'A greeting',
    body: () => z.strictObject({ message: greeting() }),
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
        message: greeting(),
        user: z
          .strictObject({
            id: z.string().describe('As `sub` in the access token.'),
            username: z.string().describe('The current username, which is not in the token.'),
          })
          .describe('Whose token was sent.'),
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
    body: () =>
      z.strictObject({
        status: z.literal('ok').describe('Always `ok`: an API that is down does not answer.'),
      }),
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
    body: () =>
      z.strictObject({
        keys: z
          .array(publicKey())
          .max(100)
          .describe(
            'The keys that sign now, are about to sign, or signed tokens that are still valid; empty with `HS256`.',
          ),
      }),
  },
} as const satisfies Route

/** RFC 8414 section 2. */
const metadata = once(() =>
  z
    .strictObject({
      issuer: z.string().describe('As `iss` in every access token.'),
      jwks_uri: z.string().describe('Where the public keys are that verify access tokens.'),
      token_endpoint: z.string().describe('Where clients exchange refresh tokens (RFC 6749).'),
      revocation_endpoint: z
        .string()
        .describe('Where a session or an API key is ended (RFC 7009).'),
      introspection_endpoint: z
        .string()
        .describe(
          'Where a token can be introspected (RFC 7662); needs the scope `tokens:introspect`.',
        ),
      scopes_supported: names().describe('All scopes that exist; an admin has them all.'),
      grant_types_supported: names().describe(
        '`refresh_token` alone: people sign in at `/auth/login`.',
      ),
      response_types_supported: names().describe('None: there is no authorization endpoint.'),
      subject_types_supported: names().describe('`public`: `sub` is the same for every client.'),
      token_endpoint_auth_methods_supported: names().describe('`none`: clients have no secret.'),
      revocation_endpoint_auth_methods_supported: names().describe(
        '`none`: clients have no secret.',
      ),
      id_token_signing_alg_values_supported: names().describe(
        'There are no ID tokens; OpenID Connect libraries read the algorithm of access tokens here.',
      ),
      access_token_signing_alg_values_supported: names().describe(
        'The algorithm that access tokens are signed with.',
      ),
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
    body: () =>
      z.looseObject({
        openapi: z.string().describe('The version of OpenAPI that the document follows.'),
      }),
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
