import { tableName } from '../config/environment.ts'
import { Problem } from '../model/problems.ts'
import type { Role } from '../model/scopes.ts'
import { usernameKey } from '../model/usernames.ts'
import { retryOnConflict, type Step, transact } from '../store/dynamodb.ts'
import { allOf, equal, missing, updateOf } from '../store/expressions.ts'
import { type Precondition, readMatching } from '../store/items.ts'
import { newRevision } from '../store/layout.ts'
import { type Account, countAdmins } from './accounts.ts'
import { addressSteps } from './addresses.ts'
import { type Credentials, readCredentials, type Undo, unchanged } from './credentials.ts'
import { type Ended, endAllSteps, endTokensSteps } from './end-all.ts'
import { deleteFactors, readFactors } from './factor-rows.ts'
import { notice } from './notices.ts'
import { type User, users } from './users.ts'

/**
 * What can be changed about a user; `hash`, `undos` and `factor` are in the credentials alone, the
 * rest is in the user's item too.
 */
export interface AccountChange {
  readonly username?: string
  readonly role?: Role
  readonly disabled?: boolean
  readonly email?: string
  readonly emailVerified?: boolean
  readonly hash?: string
  readonly undos?: readonly Undo[]
  readonly factor?: true | undefined
}

type Failure = 'stale' | 'username_taken' | 'email_taken' | 'last_admin'

interface ChangeOptions {
  readonly precondition?: Precondition
  /** A session that is not ended. */
  readonly spared?: string
  /** Whether the current password, which was right before, is also that of the hash now. */
  readonly verified?: (hash: string) => Promise<boolean>
  /** The version of the account that a link was made for. */
  readonly version?: number
  /** Makes another version of the account, even if nothing else changes. */
  readonly touched?: true
  /** What the verified address is told about a new password. */
  readonly event?: 'password_set' | 'password_reset' | 'none'
  /** What else changes, given the account as it is. */
  readonly complete?: (account: Account) => Completion | Promise<Completion>
  /** Further writes of the same transaction. */
  readonly also?: (credentials: { before: Credentials; after: Credentials }) => readonly Step[]
}

/** Steps that change the factors void the challenges as well. */
interface Completion extends AccountChange {
  readonly factorSteps?: readonly Step<'stale'>[]
}

interface Changed {
  readonly before: User
  readonly user: User
  readonly ended: Ended
}

/**
 * Changes a user and the credentials and, where that takes power away, ends all sessions and API
 * keys of the user, in one transaction: once this returns, none of their tokens is accepted.
 * @throws Problem not_found, precondition_failed, username_taken, email_taken or last_admin;
 *   wrong_password when the verified password has been replaced, invalid_link when the version has
 *   changed
 */
export async function changeAccount(
  userId: string,
  change: AccountChange,
  options: ChangeOptions = {},
): Promise<Changed> {
  const { precondition, spared, verified, version, touched, complete, also } = options
  return retryOnConflict(async () => {
    const account = await readAccount(userId, precondition)
    if (!account) return undefined
    const { user, credentials } = account
    if (version !== undefined && (credentials.version ?? 0) !== version)
      throw new Problem('invalid_link')
    const { factorSteps = [], ...completion }: Completion = (await complete?.(account)) ?? {}
    const all = { ...change, ...completion }
    const { hash: _hash, undos: _undos, factor: _factor, ...fields } = all
    if (verified && !(await verified(credentials.hash))) throw new Problem('wrong_password')
    const changed = { ...user, ...fields, updatedAt: new Date().toISOString(), _rev: newRevision() }
    const after = changedCredentials(account, all, touched)
    const endSteps = factorSteps.length > 0 ? endTokensSteps : endAllSteps
    const ending = takesPower(account, all)
      ? await endSteps(userId, 'stale', spared)
      : { steps: [], ended: { sessions: 0, apiKeys: 0 } }
    const failure = await transact<Failure>([
      ...(Object.keys(fields).length > 0 ? [putUser(account, changed)] : []),
      ...writeCredentials(account, after, touched || Object.keys(all).length > 0),
      ...addressSteps(credentials, after),
      ...(also?.({ before: credentials, after }) ?? []),
      ...notices(account, all, options),
      ...factorSteps,
      ...adminStep(user, changed),
      ...ending.steps,
    ])
    if (failure === 'stale') return undefined
    if (failure) throw new Problem(failure)
    const written = Object.keys(fields).length > 0 ? changed : user
    return { before: user, user: written, ended: ending.ended }
  })
}

/**
 * Deletes a user, the credentials and all sessions, factors and API keys in one transaction.
 * @returns how many sessions and API keys have ended
 * @throws Problem not_found, precondition_failed or last_admin
 */
export async function deleteAccount(userId: string, precondition: Precondition): Promise<Ended> {
  return retryOnConflict(async () => {
    const account = await readAccount(userId, precondition)
    if (!account) return undefined
    const { user, credentials } = account
    const { steps, ended } = await endTokensSteps(userId, 'stale')
    const failure = await transact<Failure>([
      {
        write: {
          Delete: {
            TableName: tableName('users'),
            Key: { id: userId },
            ...allOf([equal('_rev', user._rev)]),
          },
        },
        failure: 'stale',
      },
      {
        write: {
          Delete: {
            TableName: tableName('credentials'),
            Key: { username: credentials.username },
            ...allOf(asRead(credentials)),
          },
        },
        failure: 'stale',
      },
      ...addressSteps(credentials, undefined),
      ...notice(userId, credentials, 'deleted'),
      ...adminStep(user, undefined),
      ...deleteFactors(userId, await readFactors(userId), 'stale' as const),
      ...steps,
    ])
    if (failure === 'stale') return undefined
    if (failure) throw new Problem(failure)
    return ended
  })
}

/**
 * A user and the credentials; undefined when the user was renamed between the two reads.
 * @throws Problem not_found or precondition_failed
 */
export async function readAccount(
  userId: string,
  precondition?: Precondition,
): Promise<Account | undefined> {
  const user = { ...(await readMatching(users, { id: userId }, precondition)), id: userId }
  const credentials = await readCredentials(usernameKey(user.username))
  return credentials?.userId === userId ? { user, credentials } : undefined
}

/**
 * The count of logins must match too: a session that began meanwhile must be ended with the others.
 */
export function asRead(credentials: Account['credentials']) {
  return [
    ...unchanged(credentials),
    equal('logins', credentials.logins),
    equal('version', credentials.version),
    equal('undos', credentials.undos),
  ]
}

function putUser({ user }: Account, changed: User): Step<Failure> {
  return {
    write: {
      Put: { TableName: tableName('users'), Item: changed, ...allOf([equal('_rev', user._rev)]) },
    },
    failure: 'stale',
  }
}

/** An update in place; where the name changes, a delete and a put. */
function writeCredentials(
  { credentials }: Account,
  after: Credentials,
  written: boolean,
): Step<Failure>[] {
  if (!written) return []
  const table = { TableName: tableName('credentials') }
  const key = { username: credentials.username }
  const condition = asRead(credentials)
  if (after.username === credentials.username) {
    const { username: _username, userId: _userId, logins: _logins, ...rest } = after
    return [
      { write: { Update: { ...table, Key: key, ...updateOf(rest, condition) } }, failure: 'stale' },
    ]
  }
  return [
    { write: { Delete: { ...table, Key: key, ...allOf(condition) } }, failure: 'stale' },
    {
      write: { Put: { ...table, Item: after, ...missing('username') } },
      failure: 'username_taken',
    },
  ]
}

/** What changes something makes another version, which voids the links that were mailed before. */
function changedCredentials(
  { user, credentials }: Account,
  change: AccountChange,
  touched = false,
): Credentials {
  const { username = user.username } = change
  const before: AccountChange = { ...credentials, username: user.username }
  const names = Object.keys(change) as (keyof AccountChange)[]
  const differs = names.some((name) => change[name] !== before[name])
  const version = (credentials.version ?? 0) + Number(touched || differs)
  return { ...credentials, ...change, username: usernameKey(username), version }
}

/** Tells the address that was verified before the change about a new password or username. */
function notices(
  { user, credentials }: Account,
  { hash, username = user.username }: AccountChange,
  { event = 'password_set' }: ChangeOptions,
): Step[] {
  return [
    ...(hash !== undefined && event !== 'none' ? notice(user.id, credentials, event) : []),
    ...(username === user.username ? [] : notice(user.id, credentials, 'renamed')),
  ]
}

function takesPower({ credentials }: Account, change: AccountChange): boolean {
  const { role, disabled, hash } = change
  return (
    hash !== undefined ||
    (role !== undefined && role !== credentials.role) ||
    (disabled === true && !credentials.disabled)
  )
}

function adminStep(before: User, after: User | undefined): Step<'last_admin'>[] {
  const difference = Number(isEnabledAdmin(after)) - Number(isEnabledAdmin(before))
  return difference === 0 ? [] : [countAdmins(difference > 0 ? 1 : -1)]
}

function isEnabledAdmin(user: User | undefined): boolean {
  return user?.role === 'admin' && user.disabled !== true
}
