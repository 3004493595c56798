import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { readablePassword } from './aws/passwords.ts'
import { writePrivate } from './files.ts'
import { FunctionError } from './lambda/function-error.ts'
import type { Runner } from './runner.ts'

export interface AdminAccount {
  readonly username: string
  /** Set when it was generated, which is when it must be shown. */
  readonly generatedPassword?: string
  readonly created: boolean
}

/**
 * Sees to the first admin: the one that ADMIN_USERNAME and ADMIN_PASSWORD name, else `admin` with
 * a generated password when the data is new.
 */
export async function ensureAdmin(
  runner: Runner,
  dataDir: string | undefined,
): Promise<AdminAccount> {
  const { ADMIN_USERNAME: givenName, ADMIN_PASSWORD: givenPassword } = process.env
  const mark = dataDir === undefined ? undefined : join(dataDir, 'admin-created')
  const username = givenName || 'admin'
  const known = mark !== undefined && existsSync(mark)
  if (known && !givenName && !givenPassword) return { username, created: false }
  const password = givenPassword || readablePassword()
  const created = await createAdmin(runner, username, password)
  writePrivate(mark, '')
  return { username, created, ...(created && !givenPassword && { generatedPassword: password }) }
}

async function createAdmin(runner: Runner, username: string, password: string): Promise<boolean> {
  try {
    const answer = await runner.invoke('admin', { command: 'create-admin', username, password })
    return (answer as { created: boolean }).created
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error
    throw new Failure(`The first admin was refused: ${inOurWords(error.message)}`)
  }
}

/** The command's members are variables of the environment here. */
function inOurWords(message: string): string {
  return message
    .replace(/^Invalid command: /, '')
    .replaceAll('/username', 'ADMIN_USERNAME')
    .replaceAll('/password', 'ADMIN_PASSWORD')
}
