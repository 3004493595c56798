import * as z from 'zod'
import { newPassword } from './auth/password-rules.ts'
import { hashPassword } from './auth/passwords.ts'
import { username } from './auth/usernames.ts'
import { securityEvent } from './config/security-events.ts'
import { faults } from './http/validation.ts'
import { createAccount } from './store/accounts.ts'
import { readCredentials } from './store/credentials.ts'

const createAdmin = z.strictObject({
  command: z.literal('create-admin'),
  username: username(),
  password: newPassword(),
})

export type AdminCommand = z.infer<typeof createAdmin>

export interface AdminResult {
  readonly created: boolean
  readonly userId: string
}

/**
 * The operator's commands: invoked through IAM only, no route leads here.
 * @throws Error naming every fault of a command that does not fit
 */
export async function handler(event: unknown): Promise<AdminResult> {
  const parsed = createAdmin.safeParse(event)
  if (!parsed.success) {
    const details = faults(parsed.error.issues).map(({ pointer, detail }) => `${pointer} ${detail}`)
    throw new Error(`Invalid command: ${details.join('; ')}`)
  }
  const existing = await readCredentials(parsed.data.username.toLowerCase())
  if (existing) return { created: false, userId: existing.userId }
  const hash = await hashPassword(parsed.data.password)
  const { user, failure } = await createAccount({
    username: parsed.data.username,
    hash,
    role: 'admin',
  })
  if (failure) throw failure
  const userId = String(user.id)
  securityEvent('admin_created', undefined, { userId })
  return { created: true, userId }
}
