import { randomUUIDv7 } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'

/** The store of a peer, with the AWS SDK as its guide shows it. */
const client = DynamoDBDocumentClient.from(new DynamoDBClient({}))
const TableName = process.env.PUPILS_TABLE

/** Whether the token's session still exists: the price of revoking tokens at once. */
export async function signedIn({ sub, sid }) {
  if (process.env.CHECK_SESSION !== 'true') return true
  const Key = { userId: sub, sessionId: sid }
  const command = new GetCommand({
    TableName: process.env.SESSIONS_TABLE,
    Key,
    ConsistentRead: true,
  })
  return (await client.send(command)).Item !== undefined
}

export async function read(id) {
  const command = new GetCommand({ TableName, Key: { id }, ConsistentRead: true })
  return (await client.send(command)).Item
}

export async function list(limit) {
  const command = new QueryCommand({
    TableName,
    IndexName: 'list',
    KeyConditionExpression: '#shard = :shard',
    ExpressionAttributeNames: { '#shard': '_shard' },
    ExpressionAttributeValues: { ':shard': '0' },
    Limit: limit,
    ScanIndexForward: false,
  })
  return (await client.send(command)).Items
}

export async function create(pupil) {
  const now = new Date().toISOString()
  const Item = { id: randomUUIDv7(), ...pupil, createdAt: now, updatedAt: now }
  const ConditionExpression = 'attribute_not_exists(id)'
  await client.send(new PutCommand({ TableName, Item, ConditionExpression }))
  return Item
}
