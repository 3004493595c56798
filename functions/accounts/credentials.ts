import { tableName } from '../config/environment.ts'
import type { Role } from '../model/scopes.ts'
import type { Attributes } from '../store/attributes.ts'
import { get, ifCondition, update } from '../store/dynamodb.ts'
import { equal, updateOf } from '../store/expressions.ts'

/**
 * What signing in needs to know of a user, under the normalized username; the hash is nowhere else.
 * Role and state are here too, written in the same transactions as the user's item, so that a login
 * reads one item and its session is refused when any of this has changed meanwhile.
 */
export interface Credentials {
  readonly username: string
  readonly userId: string
  readonly hash: string
  readonly role: Role
  readonly disabled: boolean
  /** Counts the changes of the account: what was made for another version of it is void. */
  readonly version?: number
  /** It counts once it is verified. */
  readonly email?: string
  readonly emailVerified?: boolean
  /** The changes that a link in a mail can undo, oldest first. */
  readonly undos?: readonly Undo[]
  /** There is a second factor, which every way into a session asks for. */
  readonly factor?: true | undefined
  /**
   * How many sessions have begun: each login counts, so that whatever takes power away notices it.
   */
  readonly logins: number
}

/** A change that can be undone for some days. */
export interface Undo {
  readonly id: string
  /** When it was made, seconds since the epoch. */
  readonly at: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** The address that was verified before, where it was changed. */
  readonly address?: string
  /** The ids of factors that were added. */
  readonly factors?: readonly string[]
}

export async function readCredentials(username: string): Promise<Credentials | undefined> {
  const { Item } = await get({
    TableName: tableName('credentials'),
    Key: { username },
    ConsistentRead: true,
  })
  return Item as Credentials | undefined
}

/** The conditions that the credentials are still as they were read. */
export function unchanged(credentials: Credentials) {
  const { userId, hash, role, disabled, factor } = credentials
  return Object.entries({ userId, hash, role, disabled, factor } satisfies Attributes).map(
    ([attribute, value]) => equal(attribute, value),
  )
}

/**
 * Replaces a hash by another of the same password, unless it has changed meanwhile.
 * @returns the credentials with the new hash; as they were given where it has changed
 */
export async function upgradeHash(
  credentials: Credentials,
  upgraded: string,
): Promise<Credentials> {
  const { username, hash } = credentials
  const written = await ifCondition(
    update({
      TableName: tableName('credentials'),
      Key: { username },
      ...updateOf({ hash: upgraded }, [equal('hash', hash)]),
    }),
  )
  return written ? { ...credentials, hash: upgraded } : credentials
}
