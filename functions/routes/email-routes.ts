import * as z from 'zod'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { bounded, email } from '../model/fields.ts'
import { once } from '../model/memoized.ts'
import { basePath, type Route } from '../model/route.ts'

const common = { lambda: 'email', tag: 'auth', mail: true } as const

/** The token of a link, as its page sends it. */
const token = () =>
  bounded(2048).describe('The part after `token=` in the mailed link; it works once.')

export const forgotPassword = {
  ...common,
  operationId: 'forgotPassword',
  method: 'POST',
  path: `${basePath}/auth/password/forgot`,
  access: 'public',
  summary: 'Mail a password reset link to a verified address',
  body: once(() =>
    z
      .strictObject({
        email: email().describe('A verified address; the answer is the same for any other.'),
      })
      .meta({ id: 'ForgotPassword' }),
  ),
  response: { status: 202, description: 'If the address is known, a mail is on its way' },
  errors: ['too_many_requests'],
} as const satisfies Route

export const resetPassword = {
  ...common,
  operationId: 'resetPassword',
  method: 'POST',
  path: `${basePath}/auth/password/reset`,
  access: 'public',
  hashes: true,
  summary:
    'Choose a new password with the token of a mailed link, and end all sessions and API keys',
  body: once(() =>
    z.strictObject({ token: token(), newPassword: newPassword() }).meta({ id: 'ResetPassword' }),
  ),
  response: { status: 204, description: 'The password is set' },
  errors: ['invalid_link', 'too_many_requests'],
} as const satisfies Route

export const changeEmail = {
  ...common,
  operationId: 'changeEmail',
  method: 'PUT',
  path: `${basePath}/auth/email`,
  access: 'account',
  fresh: true,
  summary: 'Change your e-mail address; it takes effect when it is confirmed',
  body: once(() =>
    z
      .strictObject({
        email: email().describe(
          'The new address; the previous one counts until this is confirmed.',
        ),
      })
      .meta({ id: 'ChangeEmail' }),
  ),
  response: { status: 202, description: 'A link is on its way to the new address' },
} as const satisfies Route

export const verifyEmail = {
  ...common,
  operationId: 'verifyEmail',
  method: 'POST',
  path: `${basePath}/auth/email/verify`,
  access: 'public',
  summary: 'Confirm an e-mail address with the token of a link',
  body: once(() => z.strictObject({ token: token() }).meta({ id: 'VerifyEmail' })),
  response: { status: 204, description: 'The address is verified' },
  errors: ['invalid_link', 'email_taken'],
} as const satisfies Route

export const undo = {
  ...common,
  operationId: 'undoChange',
  method: 'POST',
  path: `${basePath}/auth/undo`,
  access: 'public',
  summary: "Undo a change of the account with the token of a notice's link",
  body: once(() => z.strictObject({ token: token() }).meta({ id: 'UndoChange' })),
  response: { status: 204, description: 'The change is undone' },
  errors: ['invalid_link'],
} as const satisfies Route

export const emailRoutes: readonly Route[] = [
  forgotPassword,
  resetPassword,
  changeEmail,
  verifyEmail,
  undo,
]
