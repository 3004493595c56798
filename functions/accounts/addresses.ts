import { tableName } from '../config/environment.ts'
import { isEmailAddress } from '../model/fields.ts'
import { get, type Step } from '../store/dynamodb.ts'
import { allOf, equal, missing } from '../store/expressions.ts'
import { type Credentials, readCredentials } from './credentials.ts'

/**
 * Verified e-mail addresses, each of one user: a row beside the credentials, under a key that
 * cannot be a username. An address that is not verified reserves nothing.
 */
interface AddressRow {
  readonly username: string
  readonly userId: string
  /** The normalized username that has the credentials. */
  readonly of: string
}

/** The form in which addresses are compared. */
export function normalizedAddress(address: string): string {
  return address.normalize('NFC').toLowerCase()
}

function rowKey(address: string): string {
  return `email#${normalizedAddress(address)}`
}

/**
 * The credentials of the user whose verified address this is. It takes as many reads when there is
 * no such user, and for text that is no address, so that the response time reveals nothing.
 */
export async function credentialsByAddress(address: string): Promise<Credentials | undefined> {
  const { Item } = await get({
    TableName: tableName('credentials'),
    Key: { username: rowKey(isEmailAddress(address) ? address : '~') },
    ConsistentRead: true,
  })
  const row = Item as AddressRow | undefined
  const credentials = await readCredentials(row?.of ?? '~')
  return credentials && credentials.userId === row?.userId ? credentials : undefined
}

/** The part of an account that decides its address row. */
type Addressed = Pick<Credentials, 'username' | 'userId' | 'email' | 'emailVerified'>

/** The writes that keep the row of a verified address with its user: taken, moved or given up. */
export function addressSteps(
  before: Addressed,
  after: Addressed | undefined,
): Step<'email_taken' | 'stale'>[] {
  const [had, has] = [verifiedAddress(before), verifiedAddress(after)]
  const table = { TableName: tableName('credentials') }
  const kept = had !== undefined && has !== undefined && rowKey(had) === rowKey(has)
  if (kept && before.username === after?.username) return []
  const released: Step<'stale'>[] =
    had === undefined || kept
      ? []
      : [
          {
            write: {
              Delete: {
                ...table,
                Key: { username: rowKey(had) },
                ...allOf([equal('userId', before.userId)]),
              },
            },
            failure: 'stale',
          },
        ]
  if (has === undefined || !after) return released
  if (!kept) return [...released, ...takeAddress(after)]
  const Item = rowOf(has, after)
  const condition = allOf([equal('userId', after.userId)])
  return [{ write: { Put: { ...table, Item, ...condition } }, failure: 'stale' }]
}

/** The write that gives a verified address to its user; it fails where another user has it. */
export function takeAddress(account: Addressed): Step<'email_taken'>[] {
  const address = verifiedAddress(account)
  if (address === undefined) return []
  const Item = rowOf(address, account)
  const Put = { TableName: tableName('credentials'), Item, ...missing('username') }
  return [{ write: { Put }, failure: 'email_taken' }]
}

function rowOf(address: string, { userId, username }: Addressed): AddressRow {
  return { username: rowKey(address), userId, of: username }
}

/** The address that counts: undefined while it is not verified. */
export function verifiedAddress(
  account: Pick<Credentials, 'email' | 'emailVerified'> | undefined,
): string | undefined {
  return account?.emailVerified ? account.email : undefined
}
