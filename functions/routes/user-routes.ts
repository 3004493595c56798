import * as z from 'zod'
import { users } from '../accounts/users.ts'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { type OperationRoute, scope } from '../model/operations.ts'
import { basePath, type Route } from '../model/route.ts'

/** The caller's own item, under a name that needs no id. */
export const ownRoutes: readonly OperationRoute[] = users.routes
  .filter(({ operation }) => ['read', 'patch', 'remove'].includes(operation))
  .map(({ params: _params, ...route }) => ({
    ...route,
    operationId: route.operationId.replace('User', 'OwnUser'),
    summary: route.summary.replace('a user', 'the own user'),
    path: `${basePath}/users/me`,
  }))

export const setPassword = {
  operationId: 'setUserPassword',
  lambda: 'users',
  method: 'POST',
  path: `${basePath}/users/{userId}/password`,
  access: scope('users', 'admin'),
  tag: 'users',
  summary: "Set a user's password and end all sessions of the user",
  params: { userId: z.string() },
  body: z.strictObject({ newPassword: newPassword() }).meta({ id: 'SetPassword' }),
  answer: { status: 204, description: 'Set' },
  problems: ['not_found'],
} as const satisfies Route

export const userRoutes: readonly Route[] = [...ownRoutes, setPassword]
