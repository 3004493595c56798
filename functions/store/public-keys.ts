import { tableName } from '../config/environment.ts'
import { deleteIf, ifCondition, put, query, update } from './dynamodb.ts'
import { exists, missing, updateOf } from './expressions.ts'

/** A public key that access tokens are verified with. */
export interface PublicKey {
  readonly kid: string
  /** RFC 7517. */
  readonly jwk: Readonly<Record<string, unknown>>
  /** When the last token that it signed has ended, seconds; absent while it may still sign. */
  readonly endsAt?: number
}

/** All keys lie in one partition: there are a handful, and one query reads them. */
const use = 'sig'

export async function readPublicKeys(): Promise<PublicKey[]> {
  const { Items = [] } = await query({
    TableName: tableName('keys'),
    KeyConditionExpression: '#use = :use',
    ExpressionAttributeNames: { '#use': 'use' },
    ExpressionAttributeValues: { ':use': use },
    ConsistentRead: true,
  })
  const now = Date.now() / 1000
  return (Items as PublicKey[]).filter(({ endsAt }) => endsAt === undefined || endsAt > now)
}

/** Publishes a key, unless it is published already. */
export async function publishKey(key: PublicKey): Promise<void> {
  await ifCondition(put({ TableName: tableName('keys'), Item: { use, ...key }, ...missing('kid') }))
}

/** Sets the end of a key, or takes it away; a key that was withdrawn stays withdrawn. */
export async function setKeyEnd(kid: string, endsAt: number | undefined): Promise<void> {
  const Key = { use, kid }
  await ifCondition(
    update({ TableName: tableName('keys'), Key, ...updateOf({ endsAt }, [exists('kid')]) }),
  )
}

/**
 * Withdraws a key: what it signed is refused once the caches of the authorizers have ended.
 * @returns false when there was no such key
 */
export async function withdrawKey(kid: string): Promise<boolean> {
  return deleteIf({
    TableName: tableName('keys'),
    Key: { use, kid },
    ConditionExpression: 'attribute_exists(#kid)',
    ExpressionAttributeNames: { '#kid': 'kid' },
  })
}
