import {
  BatchWriteItemCommand,
  type ConsumedCapacity,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand as QueryItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { capacity } from '../config/capacity.ts'
import { fromAttributeValues, toAttributeValues } from './attribute-values.ts'
import { patience, withDeadline } from './failures.ts'
import { signer } from './signature.ts'

/**
 * The one DynamoDB client of a function; region and credentials are Lambda's. A document client
 * makes its chain of middlewares anew for every call; this one keeps that of each operation, and
 * none in it that only tells who is calling. docs/database-client.md has the figures.
 */
export const client = withDeadline(
  new DynamoDBClient({ ...patience, cacheMiddleware: true, signer }),
)
for (const name of [
  'getUserAgentMiddleware',
  'hostHeaderMiddleware',
  'loggerMiddleware',
  'recursionDetectionMiddleware',
])
  client.middlewareStack.remove(name)

/** The operation behind each of the document client's commands. */
const operations = new Map<unknown, new (input: never) => object>([
  [BatchWriteCommand, BatchWriteItemCommand],
  [DeleteCommand, DeleteItemCommand],
  [GetCommand, GetItemCommand],
  [PutCommand, PutItemCommand],
  [QueryCommand, QueryItemsCommand],
  [TransactWriteCommand, TransactWriteItemsCommand],
  [UpdateCommand, UpdateItemCommand],
])

/** Sends a command of the document client, whose items are plain objects; counts its capacity. */
export async function sendDocument(command: { readonly input: object }): Promise<unknown> {
  const Operation = operations.get(command.constructor)
  if (!Operation) throw new Error('functions/store/client.ts does not know this command')
  const input = { ...command.input, ReturnConsumedCapacity: 'TOTAL' }
  const operation = new Operation(withItems(input, toAttributeValues) as never)
  const output: Consumption = await client.send(operation as GetItemCommand)
  const kind = reads.has(Operation) ? 'read' : 'write'
  for (const { CapacityUnits = 0 } of [output.ConsumedCapacity ?? []].flat())
    capacity[kind] += CapacityUnits
  return withItems(output, fromAttributeValues)
}

interface Consumption {
  readonly ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] | undefined
}

const reads = new Set<unknown>([GetItemCommand, QueryItemsCommand])

/** Where operations have items, keys or values. */
const itemMembers = new Set([
  'Attributes',
  'ExclusiveStartKey',
  'ExpressionAttributeValues',
  'Item',
  'Items',
  'Key',
  'LastEvaluatedKey',
])

type Convert = (item: never) => unknown

/** The input or output of an operation with its items converted, however deep they lie. */
function withItems(part: unknown, convert: Convert): unknown {
  if (Array.isArray(part)) return part.map((one) => withItems(one, convert))
  if (typeof part !== 'object' || part === null) return part
  const converted: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(part))
    converted[name] =
      itemMembers.has(name) && value !== undefined
        ? convertAll(value, convert)
        : withItems(value, convert)
  return converted
}

function convertAll(value: unknown, convert: Convert): unknown {
  return Array.isArray(value)
    ? value.map((item) => convert(item as never))
    : convert(value as never)
}
