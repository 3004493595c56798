import * as z from 'zod'
import { maxSessions } from '../accounts/limits.ts'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { id, time } from '../model/fields.ts'
import { pageQuery } from '../model/list-query.ts'
import { once } from '../model/memoized.ts'
import { page } from '../model/operations.ts'
import { basePath, type Route } from '../model/route.ts'
import { presentPassword } from './shared-fields.ts'

const common = { lambda: 'sessions', tag: 'auth', access: 'account' } as const

const session = () =>
  z
    .strictObject({
      id: id().describe('The id of the session: `sid` in its access tokens.'),
      createdAt: time().describe('The time of the sign-in.'),
      lastUsedAt: time().describe('The time of the latest refresh, until then of the sign-in.'),
      expiresAt: time().describe('The end of the session, unless it is refreshed before.'),
      userAgent: z.string().describe('The user agent of the sign-in.'),
      ip: z.string().describe('The IP address of the sign-in.'),
      lastUserAgent: z
        .string()
        .describe('The user agent of the latest refresh, until then of the sign-in.'),
      lastIp: z
        .string()
        .describe('The IP address of the latest refresh, until then of the sign-in.'),
      current: z.boolean().describe('Whether the request was made with this session.'),
    })
    .meta({ id: 'Session' })

export const listSessions = {
  ...common,
  operationId: 'listSessions',
  method: 'GET',
  path: `${basePath}/auth/sessions`,
  summary: `List your sessions, newest first; a user has at most ${maxSessions}`,
  query: once(() => pageQuery(maxSessions)),
  response: {
    status: 200,
    description: 'A page of the list',
    body: () => page(session(), 'session'),
    headers: ['Link'],
  },
  errors: ['bad_request'],
} as const satisfies Route

export const endSession = {
  ...common,
  operationId: 'endSession',
  method: 'DELETE',
  path: `${basePath}/auth/sessions/{sessionId}`,
  summary: 'End one of your sessions',
  params: () => ({ sessionId: z.string() }),
  response: { status: 204, description: 'The session is ended' },
  errors: ['not_found'],
} as const satisfies Route

export const endSessions = {
  ...common,
  operationId: 'endSessions',
  method: 'DELETE',
  path: `${basePath}/auth/sessions`,
  summary: 'End all your sessions, or all but this one, and all API keys',
  query: once(() =>
    z.strictObject({
      keep: z.literal('current').optional().describe('Spares this session.'),
    }),
  ),
  response: { status: 204, description: 'The sessions are ended' },
  errors: ['bad_request'],
} as const satisfies Route

export const changePassword = {
  ...common,
  operationId: 'changePassword',
  method: 'POST',
  path: `${basePath}/auth/password`,
  hashes: true,
  summary: 'Change your password, and end your other sessions and all API keys',
  body: once(() =>
    z
      .strictObject({
        currentPassword: presentPassword(),
        newPassword: newPassword(),
      })
      .meta({ id: 'ChangePassword' }),
  ),
  response: { status: 204, description: 'The password is changed' },
  errors: ['wrong_password', 'too_many_requests'],
} as const satisfies Route

export const sessionRoutes: readonly Route[] = [
  listSessions,
  endSession,
  endSessions,
  changePassword,
]
