import * as z from 'zod'
import { sendsMail } from '../mail/outbox.ts'
import { bounded } from '../model/fields.ts'
import { once } from '../model/memoized.ts'
import { eitherOf, exactlyOne, proofFields } from '../model/proof-fields.ts'
import { basePath, type Route } from '../model/route.ts'
import { askedScopes, presentPassword, refreshToken, scopes } from './shared-fields.ts'

/** The response to a login or a refresh: RFC 6749 section 5.1. */
const tokenFields = () =>
  z.strictObject({
    access_token: z.string().describe('A JWT (RFC 9068), for the header `Authorization`.'),
    token_type: z.literal('Bearer').describe('How the access token is sent (RFC 6750).'),
    expires_in: z
      .int()
      .min(0)
      .max(24 * 60 * 60)
      .describe('How many seconds the access token is valid for.'),
    refresh_token: z
      .string()
      .optional()
      .describe('Exchange it for the next access token; absent if it is in a cookie.'),
    scope: scopes(),
  })

/** The tokens of a refresh. */
export const tokens = once(() => tokenFields().meta({ id: 'Tokens' }))

/** A verified address in the place of the username, where the stage sends mail. */
function addressField() {
  const field = {
    email: bounded(1024)
      .optional()
      .describe('A verified e-mail address in the place of the username.'),
  }
  return sendsMail() ? field : ({} as typeof field)
}
const loginTokens = once(() =>
  tokenFields()
    .extend({
      device_token: z
        .string()
        .describe(
          'Send it with later logins from this device: its failed attempts are then counted separately.',
        ),
    })
    .meta({ id: 'LoginTokens' }),
)

const sentDeviceToken = () =>
  bounded(10_000)
    .optional()
    .describe(
      'From an earlier login to this account on this device, whose failed attempts are then counted separately.',
    )

const inCookie = () =>
  z
    .boolean()
    .optional()
    .describe('For browsers: the refresh token is set as a cookie and is in no body.')

/** Served by login.ts, the only function that holds the private key. */
export const login = {
  operationId: 'login',
  lambda: 'login',
  method: 'POST',
  path: `${basePath}/auth/login`,
  access: 'public',
  tag: 'auth',
  hashes: true,
  summary: 'Sign in with a username and a password, in the body or by HTTP Basic (RFC 7617)',
  body: once(() =>
    z
      .strictObject({
        username: bounded(1024).optional().describe('Case does not matter.'),
        ...addressField(),
        password: presentPassword(),
        scope: askedScopes(2048)
          .optional()
          .describe('Some of the scopes of your role, separated by spaces. Default: all of them.'),
        device_token: sentDeviceToken(),
        cookie: inCookie(),
      })
      .check(eitherOf('username', 'email').check)
      .meta({
        id: 'Login',
        ...(sendsMail()
          ? eitherOf('username', 'email').documented
          : { required: ['username', 'password'] }),
      }),
  ),
  bodyOptional: true,
  cookie: 'always',
  response: {
    status: 200,
    description: 'The tokens of a new session',
    body: loginTokens,
  },
  errors: [
    'bad_request',
    'forbidden',
    'invalid_credentials',
    'second_factor_required',
    'too_many_requests',
  ],
} as const satisfies Route

export const loginFactor = {
  operationId: 'loginFactor',
  lambda: 'login',
  method: 'POST',
  path: `${basePath}/auth/login/factor`,
  access: 'public',
  tag: 'auth',
  summary: 'Finish signing in with a second factor: the challenge of the login, and a code',
  body: once(() => {
    const one = exactlyOne('code', 'recoveryCode')
    return z
      .strictObject({
        challenge: bounded(10_000).describe(
          'The `challenge` of the problem `second_factor_required` that the login answered.',
        ),
        ...proofFields(),
        device_token: sentDeviceToken(),
        cookie: inCookie(),
      })
      .check(one.check)
      .meta({ id: 'LoginFactor', ...one.documented })
  }),
  cookie: 'always',
  response: { status: 200, description: 'The tokens of a new session', body: loginTokens },
  errors: ['forbidden', 'invalid_code', 'too_many_requests'],
} as const satisfies Route

export const refresh = {
  operationId: 'refresh',
  lambda: 'login',
  method: 'POST',
  path: `${basePath}/auth/refresh`,
  access: 'public',
  tag: 'auth',
  summary:
    'Exchange a refresh token, in the body or in the cookie, for new tokens; each works once',
  body: once(() =>
    z.strictObject({ refresh_token: refreshToken(bounded(10_000)) }).meta({ id: 'Refresh' }),
  ),
  bodyOptional: true,
  cookie: 'alone',
  response: {
    status: 200,
    description: 'New tokens of the same session',
    body: tokens,
  },
  errors: ['invalid_grant', 'forbidden'],
} as const satisfies Route

/** Served by login.ts, which can tell whose the cookie is. */
export const logout = {
  lambda: 'login',
  tag: 'auth',
  cookie: 'always',
  operationId: 'logout',
  method: 'POST',
  path: `${basePath}/auth/logout`,
  access: 'authenticated',
  apiKeys: 'scope',
  summary: 'Sign out: end this session, or this API key',
  response: { status: 204, description: 'The session is ended' },
  errors: ['forbidden'],
} as const satisfies Route
