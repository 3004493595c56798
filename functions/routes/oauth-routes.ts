import * as z from 'zod'
import { once } from '../model/memoized.ts'
import { basePath, type Route } from '../model/route.ts'
import { tokens } from './login-routes.ts'
import { refreshToken, scopes } from './shared-fields.ts'

const common = { method: 'POST', tag: 'auth', form: true } as const

/** A parameter of a form: an empty one is as if it were not there. */
const parameter = () => z.string()

const requiredParameter = () => parameter().min(1)

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
        grant_type: z.literal('refresh_token').describe('The kind of grant.'),
        refresh_token: refreshToken(requiredParameter()),
        scope: parameter()
          .optional()
          .describe(
            "Some of the session's scopes, for this access token only. Default: all of them.",
          ),
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
      .object({
        token: requiredParameter().describe('An access token, a refresh token or an API key.'),
      })
      .meta({ id: 'RevocationRequest' }),
  ),
  response: { status: 200, description: 'The token is no longer valid, if it ever was' },
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
  body: once(() =>
    z
      .object({ token: requiredParameter().describe('An access token or an API key.') })
      .meta({ id: 'IntrospectionRequest' }),
  ),
  response: {
    status: 200,
    description: 'What the token is good for',
    body: once(() =>
      z
        .strictObject({
          active: z
            .boolean()
            .describe(
              'Whether the token would be accepted now. If not, there are no other members.',
            ),
          scope: scopes().optional(),
          client_id: z
            .string()
            .optional()
            .describe("The same as `aud`: all clients are the API's own."),
          username: z.string().optional().describe("The user's current name."),
          sub: z.string().optional().describe("The user's id."),
          exp: z
            .int()
            .optional()
            .describe('When it ends, in seconds since 1970; absent where it has no end.'),
          iat: z.int().optional().describe('When it was issued, in seconds since 1970.'),
          token_type: z.literal('Bearer').optional().describe('How it is sent (RFC 6750).'),
          iss: z.string().optional().describe('Who issued it, as `issuer` in the metadata.'),
          aud: z.string().optional().describe('The audience: this API.'),
        })
        .meta({ id: 'Introspection' }),
    ),
  },
} as const satisfies Route

export const oauthRoutes: readonly Route[] = [tokenEndpoint, revocation, introspection]
