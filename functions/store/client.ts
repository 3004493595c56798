import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  type Consumption,
  type DocumentCommand,
  documentOutput,
  type Operation,
  operationOf,
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

/** The plain client's command of each operation. */
const commands: Readonly<Record<Operation, new (input: never) => object>> = {
  BatchWriteItem: BatchWriteItemCommand,
  DeleteItem: DeleteItemCommand,
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  Query: QueryCommand,
  TransactWriteItems: TransactWriteItemsCommand,
  UpdateItem: UpdateItemCommand,
}

/** Sends a command of the document client; failures are the SDK's exceptions. */
export async function sendDocument(command: DocumentCommand): Promise<unknown> {
  const operation = operationOf(command)
  const plain = new commands[operation](protocolInput(command) as never)
  const output: Consumption = await client.send(plain as GetItemCommand)
  return documentOutput(operation, output)
}
