import * as z from 'zod'
import { users } from '../accounts/users.ts'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { basePath, type Route } from '../model/route.ts'
import { username } from '../model/usernames.ts'

export const signup = {
  operationId: 'signup',
  lambda: 'signup',
  method: 'POST',
  path: `${basePath}/auth/signup`,
  access: 'public',
  tag: 'auth',
  summary: 'Create a user for oneself',
  body: z.strictObject({ username: username(), password: newPassword() }).meta({ id: 'Signup' }),
  answer: {
    status: 201,
    description: 'The user',
    body: users.item,
    headers: ['ETag', 'Location'],
  },
  problems: ['username_taken', 'too_many_requests'],
} as const satisfies Route
