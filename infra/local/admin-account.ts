import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readablePassword } from './aws/passwords.ts'
import { Failure } from './failure.ts'
import { FunctionError } from './lambda/function-error.ts'
import type { Runner } from './runner.ts'

export interface AdminAccount {
  username: string
  /** Set when it was generated, which is when it must be shown. */
  generatedPassword?: string
  created: boolean
}

/**
 * Sees to the first admin: the one that ADMIN_USERNAME and ADMIN_PASSWORD name, else `admin` with
 * a generated password when the data is new. `undefined`: there was nothing to do.
 */
export async function ensureAdmin(
  runner: Runner,
  dataDir: string | undefined,
): Promise<AdminAccount | undefined> {
  const { ADMIN_USERNAME: givenName, ADMIN_PASSWORD: givenPassword } = process.env
  const mark = dataDir === undefined ? undefined : join(dataDir, 'admin-created')
  const known = mark !== undefined && existsSync(mark)
  if (known && !givenName && !givenPassword) return undefined
  const username = givenName || 'admin'
  const password = givenPassword || readablePassword()
  const created = await createAdmin(runner, username, password)
  if (mark !== undefined) writeFileSync(mark, '')
  return { username, created, ...(created && !givenPassword && { generatedPassword: password }) }
}

async function createAdmin(runner: Runner, username: string, password: string): Promise<boolean> {
  try {
    const answer = await runner.invoke('admin', { command: 'create-admin', username, password })
    return (answer as { created: boolean }).created
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error
    throw new Failure(`the admin ${username} could not be created: ${error.message}`)
  }
}
