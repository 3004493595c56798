import * as z from 'zod'
import { users } from '../accounts/users.ts'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { sendsMail } from '../mail/outbox.ts'
import type { OperationRoute } from '../model/declaration.ts'
import { once } from '../model/memoized.ts'
import { scope } from '../model/operations.ts'
import { eitherOf } from '../model/proof-fields.ts'
import { basePath, type Route } from '../model/route.ts'

/** The caller's own item, under a name that needs no id. */
export const meRoutes: readonly OperationRoute[] = users.routes
  .filter(({ operation }) => ['read', 'patch', 'remove'].includes(operation))
  .map(({ params: _params, ...route }) => ({
    ...route,
    operationId: route.operationId.replace('User', 'OwnUser'),
    summary: route.summary.replace('one user', 'your user'),
    path: `${basePath}/users/me`,
  }))

export const setPassword = {
  operationId: 'setUserPassword',
  lambda: 'users',
  method: 'POST',
  path: `${basePath}/users/{userId}/password`,
  access: scope('users', 'admin'),
  tag: 'users',
  hashes: true,
  summary:
    "Set a user's password and end the user's sessions and API keys, or mail a reset to a verified address",
  params: () => ({ userId: z.string() }),
  body: once(() =>
    z
      .strictObject({
        newPassword: newPassword().optional(),
        ...(sendsMail() && {
          reset: z
            .literal(true)
            .optional()
            .describe('Mails a link by which the user chooses a new password.'),
        }),
      })
      .check(eitherOf('newPassword', 'reset').check)
      .meta({
        id: 'SetPassword',
        ...(sendsMail()
          ? eitherOf('newPassword', 'reset').documented
          : { required: ['newPassword'] }),
      }),
  ),
  response: { status: 204, description: 'The password is set' },
  otherResponse: { status: 202, description: 'A link that resets the password is on its way' },
  errors: ['not_found', 'has_address', 'no_address'],
} as const satisfies Route

export const userRoutes: readonly Route[] = [...meRoutes, setPassword]
