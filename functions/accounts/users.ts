import * as z from 'zod'
import { freeOfContextWords, newPassword } from '../auth/passwords/password-rules.ts'
import { email } from '../model/fields.ts'
import { once } from '../model/memoized.ts'
import { resource } from '../model/resource.ts'
import { roles } from '../model/scopes.ts'
import { username } from '../model/usernames.ts'
import type { Item } from '../store/items.ts'

const role = z
  .enum(roles)
  .describe(
    'What the user may do follows from it. Only an admin sets it; `member` unless one does.',
  )

/** The body that creates a user. */
export const newUser = once(() =>
  z
    .strictObject({ username: username(), password: newPassword(), role: role.optional() })
    .check(freeOfContextWords()),
)

export const users = resource(
  {
    name: 'users',
    singular: 'user',
    param: 'userId',
    fields: {
      username: username(),
      role,
      disabled: z
        .boolean()
        .describe(
          'Whether the user is kept out. Only an admin sets it; it ends all sessions and API keys.',
        ),
    },
    readOnly: {
      email: email()
        .optional()
        .describe('Set at sign-up or by `changeEmail`; absent where there is none.'),
      emailVerified: z
        .boolean()
        .optional()
        .describe('Whether the link that was mailed to the address has been confirmed.'),
    },
    bodies: {
      create: newUser,
    },
    access: { member: ['read', 'write'] },
    operations: ['list', 'create', 'read', 'patch', 'remove'],
    powers: { list: 'admin', create: 'admin' },
    errors: {
      create: ['username_taken'],
      patch: ['forbidden', 'username_taken', 'last_admin'],
      remove: ['last_admin'],
    },
  },
  ['username'],
)

export type User = Item<(typeof users)['fields']> & { readonly id: string }
