import * as z from 'zod'
import { newPassword } from '../auth/passwords/password-rules.ts'
import { roles } from '../model/scopes.ts'
import { username } from '../model/usernames.ts'

const user = { username: username() }

/** The operator's commands, each with what it takes; the CLI asks for passwords by itself. */
export const adminCommands = {
  'create-admin': z.strictObject({ ...user, password: newPassword() }),
  'set-role': z.strictObject({ ...user, role: z.enum(roles) }),
  'set-password': z.strictObject({ ...user, password: newPassword() }),
  'disable-user': z.strictObject(user),
  'enable-user': z.strictObject(user),
  'end-sessions': z.strictObject(user),
  'reset-factors': z.strictObject(user),
  'list-keys': z.strictObject({}),
  'rotate-keys': z.strictObject({}),
  'withdraw-key': z.strictObject({ key: z.string().min(1) }),
} as const

export type AdminCommandName = keyof typeof adminCommands
export type AdminCommand<Name extends AdminCommandName> = z.infer<(typeof adminCommands)[Name]>
