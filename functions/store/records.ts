import { randomBytes } from 'node:crypto'
import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'
import { get, update } from './dynamodb.ts'
import { type Keyed, recordKey, timeToLive } from './layout.ts'

/**
 * The key that authenticates the cursors of a resource's lists, 32 bytes. It guards nothing but a
 * position in a list, so it lies in the table itself, made by the first list that needs it.
 */
export async function cursorKey(resource: Keyed): Promise<Buffer> {
  const { Attributes: record } = await update({
    TableName: tableName(resource.name),
    Key: recordKey(resource, 'cursor-key'),
    UpdateExpression: 'SET #secret = if_not_exists(#secret, :random)',
    ExpressionAttributeNames: { '#secret': 'secret' },
    ExpressionAttributeValues: { ':random': randomBytes(32).toString('base64url') },
    ReturnValues: 'ALL_NEW',
  })
  return Buffer.from(String(record?.secret), 'base64url')
}

/** What a create with an Idempotency-Key leaves behind: its answer, and what it was asked. */
export interface IdempotencyRecord {
  readonly fingerprint: string
  readonly body: string
  readonly headers: Record<string, string>
  /** When the record no longer counts, seconds since the epoch; DynamoDB deletes it later. */
  readonly _expiresAt: number
}

/** The write of an answer, which fails while an earlier one still counts. */
export function putAnswer(
  resource: Resource,
  key: Attributes,
  record: IdempotencyRecord,
  now: number,
) {
  return {
    Put: {
      TableName: tableName(resource.name),
      Item: { ...key, ...record },
      ConditionExpression: 'attribute_not_exists(#expires) OR #expires <= :now',
      ExpressionAttributeNames: { '#expires': timeToLive },
      ExpressionAttributeValues: { ':now': now },
    },
  }
}

export async function readAnswer(
  resource: Resource,
  key: Attributes,
): Promise<IdempotencyRecord | undefined> {
  const { Item } = await get({
    TableName: tableName(resource.name),
    Key: key,
    ConsistentRead: true,
  })
  return Item as IdempotencyRecord | undefined
}
