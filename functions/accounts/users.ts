import * as z from 'zod'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { resource } from '../model/resource.ts'
import { roles } from '../model/scopes.ts'
import { username } from '../model/usernames.ts'

const role = z.enum(roles)

export const users = resource({
  name: 'users',
  singular: 'user',
  param: 'userId',
  fields: { username: username(), role, disabled: z.boolean() },
  bodies: {
    create: z.strictObject({
      username: username(),
      password: newPassword(),
      role: role.optional(),
    }),
  },
  member: ['read', 'write'],
  operations: ['list', 'create', 'read', 'patch', 'remove'],
  powers: { list: 'admin', create: 'admin' },
  problems: {
    create: ['username_taken'],
    patch: ['forbidden', 'username_taken', 'last_admin'],
    remove: ['last_admin'],
  },
})
