import type { Context } from 'aws-lambda'
import type * as z from 'zod'
import { type AccountChange, changeAccount } from './accounts/account-changes.ts'
import { createAccount, newAccount } from './accounts/accounts.ts'
import { type Credentials, readCredentials } from './accounts/credentials.ts'
import { type Ended, endAll, endedEvents } from './accounts/end-all.ts'
import { resetFactors } from './accounts/factors.ts'
import { listKeys } from './auth/keys/key-list.ts'
import { rotateNow, withdraw } from './auth/keys/rotation.ts'
import { refuseContextWords } from './auth/passwords/password-rules.ts'
import { hashPassword } from './auth/passwords/passwords.ts'
import { required, variables } from './config/environment.ts'
import { startDeadline } from './invocation/deadline.ts'
import { type SecurityEvent, securityEvent } from './invocation/security-events.ts'
import { type Fault, faultInWords, Problem } from './model/problems.ts'
import { usernameKey } from './model/usernames.ts'
import { faults } from './model/validation.ts'
import { adminCommands } from './operator/admin-commands.ts'
import { exportPage } from './operator/export-page.ts'
import { importBatch } from './operator/import-batch.ts'
import { resourceNamed, transferOrder } from './operator/records.ts'
import { beginReindex, endReindex, reindexPage, reindexStatus } from './operator/reindex-page.ts'
import { transferCommands } from './operator/transfer-commands.ts'

const schemas = { ...adminCommands, ...transferCommands }

type CommandName = keyof typeof schemas
type Command<Name extends CommandName> = z.infer<(typeof schemas)[Name]>

type Log = (event: SecurityEvent, subject: Parameters<typeof securityEvent>[2]) => void
type Commands = {
  readonly [Name in CommandName]: (command: Command<Name>, log: Log) => Promise<object>
}

const commands: Commands = {
  'create-admin': createAdmin,
  'set-role': ({ username, role }, log) => change(username, { role }, 'role_changed', log),
  'set-password': setPassword,
  'disable-user': ({ username }, log) => change(username, { disabled: true }, 'user_disabled', log),
  'enable-user': ({ username }, log) => change(username, { disabled: false }, 'user_enabled', log),
  'end-sessions': endSessions,
  'reset-factors': removeFactors,
  'list-keys': () => listKeys(signingSecret()),
  'rotate-keys': rotateKeys,
  'withdraw-key': withdrawKey,
  'export-page': exportRecords,
  'import-batch': importRecords,
  'reindex-status': () => reindexStatus(transferOrder.map(resourceNamed)),
  'reindex-begin': ({ resource }) => beginReindex(resourceNamed(resource)),
  'reindex-page': ({ resource, ...page }) => reindexPage(resourceNamed(resource), page),
  'reindex-end': ({ resource, ...end }) => endReindex(resourceNamed(resource), end),
}

/**
 * The operator's commands: `{"command": "disable-user", "username": …}`. Invoked through IAM only,
 * no route leads here.
 * @throws Error naming every fault of a command that does not fit
 */
export async function handler(event: unknown, context: Context): Promise<object> {
  startDeadline(context)
  const { command, ...given } = Object(event) as Record<string, unknown>
  if (!isCommand(command))
    throw new Error(`Unknown command: the commands are ${Object.keys(commands).join(', ')}`)
  const parsed = schemas[command].safeParse(given)
  if (!parsed.success) throw unfit(faults(parsed.error.issues))
  const run = commands[command] as (command: unknown, log: Log) => Promise<object>
  const log: Log = (name, subject) =>
    securityEvent(name, { requestId: context.awsRequestId }, { ...subject, by: 'operator' })
  try {
    return await run(parsed.data, log)
  } catch (error) {
    throw error instanceof Problem && error.errors ? unfit(error.errors) : error
  }
}

function unfit(errors: readonly Fault[]): Error {
  const details = errors.map(faultInWords)
  return new Error(`Invalid command: ${details.join('; ')}`)
}

function isCommand(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(commands, name)
}

async function createAdmin({ username, password }: Command<'create-admin'>, log: Log) {
  const existing = await readCredentials(usernameKey(username))
  if (existing?.role === 'admin' && !existing.disabled)
    return { created: false, userId: existing.userId }
  if (existing)
    throw new Error(
      `${username} already exists and is ${existing.disabled ? 'disabled' : `a ${existing.role}`}: nothing was changed`,
    )
  refuseContextWords({ username }, password, '/password')
  const hash = await hashPassword(password)
  const account = newAccount({ username, hash, role: 'admin' })
  const failure = await createAccount(account)
  if (failure) throw new Problem(failure)
  const userId = account.user.id
  log('admin_created', { userId })
  return { created: true, userId }
}

async function setPassword({ username, password }: Command<'set-password'>, log: Log) {
  const { email } = await credentialsOf(username)
  refuseContextWords({ username, email }, password, '/password')
  return change(username, { hash: await hashPassword(password) }, 'password_changed', log)
}

async function change(username: string, wanted: AccountChange, event: SecurityEvent, log: Log) {
  const { userId } = await credentialsOf(username)
  const { ended } = await changeAccount(userId, wanted)
  log(event, { userId, ...(wanted.role && { role: wanted.role }) })
  return logEnded(userId, ended, log)
}

async function endSessions({ username }: Command<'end-sessions'>, log: Log) {
  const { userId } = await credentialsOf(username)
  const ended = await endAll(userId)
  return logEnded(userId, ended, log)
}

async function removeFactors({ username }: Command<'reset-factors'>, log: Log) {
  const { userId } = await credentialsOf(username)
  const ended = await resetFactors(userId)
  log('factors_reset', { userId })
  return logEnded(userId, ended, log)
}

function logEnded(userId: string, ended: Ended, log: Log) {
  for (const [event, count] of endedEvents(ended)) log(event, { userId, count })
  return { userId, sessionsEnded: ended.sessions }
}

async function rotateKeys(_: Command<'rotate-keys'>, log: Log) {
  await rotateNow(signingSecret())
  log('key_rotated', {})
  return listKeys(signingSecret())
}

async function withdrawKey({ key }: Command<'withdraw-key'>, log: Log) {
  if (!(await withdraw(signingSecret(), key))) throw new Error(`There is no key ${key}`)
  log('key_withdrawn', { key })
  return listKeys(signingSecret())
}

async function exportRecords({ resource, ...position }: Command<'export-page'>, log: Log) {
  const page = await exportPage(resourceNamed(resource), position)
  log('data_exported', { resource, count: page.records.length })
  const opened = page.records.filter(({ factors }) => factors).length
  if (opened > 0) log('factors_exported', { resource, count: opened })
  return page
}

async function importRecords({ resource, records, ...kind }: Command<'import-batch'>, log: Log) {
  const outcomes = await importBatch(resourceNamed(resource), records, kind)
  const count = outcomes.filter((outcome) => outcome === 'created').length
  log('data_imported', { resource, count })
  return { outcomes }
}

async function credentialsOf(username: string): Promise<Credentials> {
  const found = await readCredentials(usernameKey(username))
  if (!found) throw new Error(`There is no user ${username}`)
  return found
}

function signingSecret(): string {
  return required(variables.signingSecret)
}
