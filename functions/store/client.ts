import {
  BatchWriteItemCommand,
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
import {
  type Consumption,
  type DocumentCommand,
  documentOutput,
  protocolInput,
} from './documents.ts'
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

/** Sends a command of the document client; failures are the SDK's exceptions. */
export async function sendDocument(command: DocumentCommand): Promise<unknown> {
  const Operation = operations.get(command.constructor)
  if (!Operation) throw new Error('functions/store/client.ts does not know this command')
  const operation = new Operation(protocolInput(command) as never)
  const output: Consumption = await client.send(operation as GetItemCommand)
  return documentOutput(reads.has(Operation) ? 'read' : 'write', output)
}

const reads = new Set<unknown>([GetItemCommand, QueryItemsCommand])
