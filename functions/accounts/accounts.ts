import { randomUUIDv7 } from 'node:crypto'
import { tableName } from '../config/environment.ts'
import { Problem } from '../model/problems.ts'
import type { Role } from '../model/scopes.ts'
import type { Step } from '../store/dynamodb.ts'
import { missing } from '../store/expressions.ts'
import { createItem, type Item, newItem } from '../store/items.ts'
import { recordKey } from '../store/layout.ts'
import type { Credentials } from './credentials.ts'
import { users } from './users.ts'

export interface NewAccount {
  readonly username: string
  readonly hash: string
  readonly role: Role
  readonly disabled?: boolean
  /** Of an account that was made elsewhere. */
  readonly id?: string
  readonly createdAt?: string
  readonly updatedAt?: string
}

/**
 * A user and the credentials, both or none.
 * @returns the user's item, or `username_taken`, or the failed `otherwise` of an additional step
 */
export async function createAccount<Outcome>(
  account: NewAccount,
  also: (user: Item) => readonly Step<Outcome>[] = () => [],
): Promise<{ user: Item; failure: Outcome | Problem | undefined }> {
  const { username, hash, role, disabled = false, id = randomUUIDv7() } = account
  const { createdAt = new Date().toISOString(), updatedAt = createdAt } = account
  const fields = { id, username, role, disabled, createdAt, updatedAt }
  const user = newItem(users, fields, id)
  const credentials: Credentials = {
    username: username.toLowerCase(),
    userId: id,
    hash,
    role,
    disabled,
    logins: 0,
  }
  const put = {
    write: {
      Put: { TableName: tableName('credentials'), Item: credentials, ...missing('username') },
    },
    otherwise: new Problem('username_taken'),
  }
  const counted = role === 'admin' && !disabled ? [countAdmins(1)] : []
  const failure = await createItem<Outcome | Problem>(users, user, [...also(user), put, ...counted])
  return { user, failure }
}

/** The write that keeps count of the enabled admins, and never lets it fall to none. */
export function countAdmins(change: 1 | -1): Step<Problem> {
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
    otherwise: new Problem('last_admin'),
  }
}
