import * as z from 'zod'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { email } from '../model/fields.ts'
import { once } from '../model/memoized.ts'
import { resource } from '../model/resource.ts'
import { roles } from '../model/scopes.ts'
import { username } from '../model/usernames.ts'
import type { Item } from '../store/items.ts'

const role = z.enum(roles)

/** The body that creates a user. */
export const newUser = once(() =>
  z.strictObject({ username: username(), password: newPassword(), role: role.optional() }),
)

export const users = resource({
  name: 'users',
  singular: 'user',
  param: 'userId',
  fields: { username: username(), role, disabled: z.boolean() },
  readOnly: { email: email().optional(), emailVerified: z.boolean().optional() },
  bodies: {
    create: newUser,
  },
  lookups: ['username'],
  access: { member: ['read', 'write'] },
  operations: ['list', 'create', 'read', 'patch', 'remove'],
  powers: { list: 'admin', create: 'admin' },
  errors: {
    create: ['username_taken'],
    patch: ['forbidden', 'username_taken', 'last_admin'],
    remove: ['last_admin'],
  },
})

export type User = Item<(typeof users)['fields']> & { readonly id: string }
