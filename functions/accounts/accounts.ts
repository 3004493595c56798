import { randomUUIDv7 } from 'node:crypto'
import { tableName } from '../config/environment.ts'
import type { Role } from '../model/scopes.ts'
import { usernameKey } from '../model/usernames.ts'
import type { Step } from '../store/dynamodb.ts'
import { missing } from '../store/expressions.ts'
import { insertItem, newItem } from '../store/items.ts'
import { recordKey } from '../store/layout.ts'
import { takeAddress } from './addresses.ts'
import type { Credentials } from './credentials.ts'
import { type User, users } from './users.ts'

export interface NewAccount {
  readonly username: string
  readonly hash: string
  /** An account that was made elsewhere owes a second factor, which may not be here. */
  readonly factor?: true | undefined
  readonly role: Role
  readonly disabled?: boolean
  /** It counts once it is verified, and reserves nothing before. */
  readonly email?: string
  readonly emailVerified?: boolean
  /** Given for an account that was made elsewhere. */
  readonly id?: string
  readonly createdAt?: string
  readonly updatedAt?: string
}

/** A user and the credentials, as a create stores them. */
export interface Account {
  readonly user: User
  readonly credentials: Credentials
}

export function newAccount(account: NewAccount): Account {
  const { username, hash, role, factor, disabled = false, id = randomUUIDv7() } = account
  const { email, emailVerified = false } = account
  const address = email === undefined ? {} : { email, emailVerified }
  const { createdAt = new Date().toISOString(), updatedAt = createdAt } = account
  const fields = { id, username, role, disabled, ...address, createdAt, updatedAt }
  const user = { ...newItem(users, fields, id), id }
  const credentials: Credentials = {
    username: usernameKey(username),
    userId: id,
    hash,
    role,
    disabled,
    ...address,
    version: 0,
    ...(factor && { factor }),
    logins: 0,
  }
  return { user, credentials }
}

/**
 * Writes a user and the credentials, both or none, together with whatever must happen with them.
 * @returns the failed step's `failure`
 */
export async function createAccount<Failure extends string = never>(
  { user, credentials }: Account,
  also: readonly Step<Failure>[] = [],
): Promise<Failure | AccountFailure | undefined> {
  const putCredentials: Step<AccountFailure> = {
    write: {
      Put: { TableName: tableName('credentials'), Item: credentials, ...missing('username') },
    },
    failure: 'username_taken',
  }
  const counted = user.role === 'admin' && !user.disabled ? [countAdmins(1)] : []
  // Only an account that was made elsewhere has an address that is verified already.
  const steps = [...also, putCredentials, ...takeAddress(credentials), ...counted]
  return insertItem<Failure | AccountFailure>(users, user, steps)
}

type AccountFailure = `${string}_taken` | 'last_admin'

/** The write that keeps count of the enabled admins, and never lets it fall to none. */
export function countAdmins(change: 1 | -1): Step<'last_admin'> {
  return {
    write: {
      Update: {
        TableName: tableName('users'),
        Key: recordKey(users, 'admins'),
        UpdateExpression: 'ADD #enabled :change',
        ...(change < 0 && { ConditionExpression: '#enabled > :last' }),
        ExpressionAttributeNames: { '#enabled': 'enabled' },
        ExpressionAttributeValues: { ':change': change, ...(change < 0 && { ':last': 1 }) },
      },
    },
    failure: 'last_admin',
  }
}
