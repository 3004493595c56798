import * as z from 'zod'
import { users } from '../accounts/users.ts'
import { freeOfContextWords, newPassword } from '../auth/passwords/password-rules.ts'
import { sendsMail } from '../mail/outbox.ts'
import { email } from '../model/fields.ts'
import { once } from '../model/memoized.ts'
import { basePath, type Route } from '../model/route.ts'
import { username } from '../model/usernames.ts'

/** Where the stage sends no mail, an address is an undeclared field. */
function addressField(): { email: z.ZodOptional<ReturnType<typeof email>> } {
  const field = {
    email: email().optional().describe('Your e-mail address; a link to verify it is mailed there.'),
  }
  return sendsMail() ? field : ({} as typeof field)
}

export const signup = {
  operationId: 'signup',
  lambda: 'signup',
  method: 'POST',
  path: `${basePath}/auth/signup`,
  access: 'public',
  tag: 'auth',
  hashes: true,
  summary: 'Sign up: create your user',
  body: once(() =>
    z
      .strictObject({
        username: username(),
        password: newPassword(),
        ...addressField(),
      })
      .check(freeOfContextWords())
      .meta({ id: 'Signup' }),
  ),
  response: {
    status: 201,
    description: 'Your user',
    body: users.item,
    headers: ['ETag', 'Location'],
  },
  errors: ['username_taken', 'too_many_requests'],
} as const satisfies Route
