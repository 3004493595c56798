import * as z from 'zod'
import { once } from '../model/memoized.ts'
import { basePath, type Route } from '../model/route.ts'
import { tokens } from './login-routes.ts'

const common = { method: 'POST', tag: 'auth', form: true } as const

/** A parameter of a form: an empty one is as if it were not there. */
const parameter = (description: string) => z.string().meta({ description })
const token = () => parameter('An access token or an API key')

/** RFC 6749 section 6. There is no password grant (RFC 9700 section 2.4): people sign in at /auth/login. */
export const tokenEndpoint = {
  ...common,
  operationId: 'token',
  lambda: 'login',
  path: `${basePath}/auth/token`,
  access: 'public',
  summary: 'Exchange a refresh token for new tokens, as OAuth clients do (RFC 6749)',
  body: once(() =>
    z
      .object({
        grant_type: parameter('`refresh_token`'),
        refresh_token: z.string(),
        scope: parameter("Fewer scopes than the session's, for this access token").optional(),
      })
      .meta({ id: 'TokenRequest' }),
  ),
  response: { status: 200, description: 'New tokens of the same session', body: tokens },
} as const satisfies Route

/** RFC 7009. */
export const revocation = {
  ...common,
  operationId: 'revoke',
  lambda: 'login',
  path: `${basePath}/auth/revoke`,
  access: 'public',
  summary: 'End the session or the API key that a token belongs to (RFC 7009)',
  body: once(() =>
    z
      .object({ token: parameter('An access token, a refresh token or an API key') })
      .meta({ id: 'RevocationRequest' }),
  ),
  response: { status: 200, description: 'The token is good no longer, if it ever was' },
} as const satisfies Route

/** RFC 7662. */
export const introspection = {
  ...common,
  operationId: 'introspect',
  lambda: 'tokens',
  path: `${basePath}/auth/introspect`,
  access: 'tokens:introspect',
  apiKeys: 'scope',
  summary: 'Ask whether a token would be accepted now, and what it may do (RFC 7662)',
  body: once(() => z.object({ token: token() }).meta({ id: 'IntrospectionRequest' })),
  response: {
    status: 200,
    description: 'What the token is good for',
    body: once(() =>
      z
        .strictObject({
          active: z.boolean(),
          scope: z.string().optional(),
          client_id: z.string().optional(),
          username: z.string().optional(),
          sub: z.string().optional(),
          exp: z.int().optional(),
          iat: z.int().optional(),
          token_type: z.literal('Bearer').optional(),
          iss: z.string().optional(),
          aud: z.string().optional(),
        })
        .meta({ id: 'Introspection' }),
    ),
  },
} as const satisfies Route

export const oauthRoutes: readonly Route[] = [tokenEndpoint, revocation, introspection]
