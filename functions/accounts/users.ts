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
  .describe('Decides what the user may do. Only an admin can set it; the default is `member`.')

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
          'Whether the user is locked out. Only an admin can set it; setting it to true ends all sessions and API keys.',
        ),
    },
    readOnly: {
      email: email()
        .optional()
        .describe('Set at sign-up or by `changeEmail`; absent where there is none.'),
      emailVerified: z.boolean().optional().describe('Whether the address has been verified.'),
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
