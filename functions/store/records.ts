import { randomBytes } from 'node:crypto'
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/resource.ts'
import { type Attributes, send } from './dynamodb.ts'
import { type Keyed, recordKey, timeToLive } from './layout.ts'

/**
 * The key that authenticates the cursors of a resource's lists, 32 bytes. It guards nothing but a
 * position in a list, so it lies in the table itself, made by the first list that needs it.
 */
export async function cursorKey(resource: Keyed): Promise<Buffer> {
  const command = new UpdateCommand({
    TableName: tableName(resource.name),
    Key: recordKey(resource, 'cursor-key'),
    UpdateExpression: 'SET #secret = if_not_exists(#secret, :random)',
    ExpressionAttributeNames: { '#secret': 'secret' },
    ExpressionAttributeValues: { ':random': randomBytes(32).toString('base64url') },
    ReturnValues: 'ALL_NEW',
  })
  return Buffer.from(String((await send(command)).Attributes?.secret), 'base64url')
}

/** What a create with an Idempotency-Key leaves behind: its answer, and what it was asked. */
export interface IdempotencyRecord {
  readonly fingerprint: string
  readonly body: string
  readonly headers: Record<string, string>
  /** When the record no longer counts, seconds since the epoch; DynamoDB deletes it later. */
  readonly _expiresAt: number
}

/** The write of a record, which fails while an earlier one still counts. */
export function putRecord(
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

export async function readRecord(
  resource: Resource,
  key: Attributes,
): Promise<IdempotencyRecord | undefined> {
  const command = new GetCommand({
    TableName: tableName(resource.name),
    Key: key,
    ConsistentRead: true,
  })
  return (await send(command)).Item as IdempotencyRecord | undefined
}
