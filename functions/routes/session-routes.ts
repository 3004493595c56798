import * as z from 'zod'
import { maxSessions } from '../accounts/max-sessions.ts'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { id, time } from '../model/fields.ts'
import { page, pageQuery } from '../model/operations.ts'
import { basePath, type Route } from '../model/route.ts'

const common = { lambda: 'sessions', tag: 'auth', access: 'account' } as const

export const logout = {
  ...common,
  operationId: 'logout',
  method: 'POST',
  path: `${basePath}/auth/logout`,
  access: 'authenticated',
  summary: 'End this session; its tokens are refused from then on',
  answer: { status: 204, description: 'Ended' },
} as const satisfies Route

const session = z
  .strictObject({
    id: id(),
    createdAt: time(),
    lastUsedAt: time().meta({ description: 'Sign-in or last refresh' }),
    expiresAt: time().meta({ description: 'The end, unless it is refreshed before' }),
    userAgent: z.string(),
    ip: z.string().meta({ description: 'The address that signed in' }),
    current: z.boolean().meta({ description: 'Whether it is the session of this access token' }),
  })
  .meta({ id: 'Session' })

export const listSessions = {
  ...common,
  operationId: 'listSessions',
  method: 'GET',
  path: `${basePath}/auth/sessions`,
  summary: `List the own sessions, newest first; a user has at most ${maxSessions}`,
  query: pageQuery(maxSessions),
  answer: {
    status: 200,
    description: 'A page',
    body: page(session),
    headers: ['Link'],
  },
  problems: ['bad_request'],
} as const satisfies Route

export const endSession = {
  ...common,
  operationId: 'endSession',
  method: 'DELETE',
  path: `${basePath}/auth/sessions/{sessionId}`,
  summary: 'End one of the own sessions',
  params: { sessionId: z.string() },
  answer: { status: 204, description: 'Ended' },
  problems: ['not_found'],
} as const satisfies Route

export const endSessions = {
  ...common,
  operationId: 'endSessions',
  method: 'DELETE',
  path: `${basePath}/auth/sessions`,
  summary: 'End all the own sessions, or all but this one',
  query: z.strictObject({ keep: z.literal('current').optional() }),
  answer: { status: 204, description: 'Ended' },
  problems: ['bad_request'],
} as const satisfies Route

export const changePassword = {
  ...common,
  operationId: 'changePassword',
  method: 'POST',
  path: `${basePath}/auth/password`,
  summary: 'Change the own password and end all other sessions',
  body: z
    .strictObject({
      currentPassword: z.string().meta({ format: 'password' }),
      newPassword: newPassword(),
    })
    .meta({ id: 'ChangePassword' }),
  answer: { status: 204, description: 'Changed' },
  problems: ['wrong_password', 'too_many_requests'],
} as const satisfies Route

export const sessionRoutes: readonly Route[] = [
  logout,
  listSessions,
  endSession,
  endSessions,
  changePassword,
]
