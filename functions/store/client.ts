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
import type {
  BatchWriteCommandInput,
  BatchWriteCommandOutput,
  DeleteCommandInput,
  DeleteCommandOutput,
  GetCommandInput,
  GetCommandOutput,
  PutCommandInput,
  PutCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  TransactWriteCommandInput,
  TransactWriteCommandOutput,
  UpdateCommandInput,
  UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb'
import { type Consumption, documentOutput, protocolInput } from './documents.ts'
import { patience, withDeadline } from './failures.ts'
import { signer } from './signature.ts'

/**
 * The one DynamoDB client of a function; region and credentials are Lambda's. A document client
 * makes its chain of middlewares anew for every call; this one keeps the chain of each operation,
 * without those that only tell who is calling. docs/database-client.md has the figures.
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

/** What each operation takes and answers, with plain objects for items. */
interface Operations {
  readonly BatchWriteItem: { input: BatchWriteCommandInput; output: BatchWriteCommandOutput }
  readonly DeleteItem: { input: DeleteCommandInput; output: DeleteCommandOutput }
  readonly GetItem: { input: GetCommandInput; output: GetCommandOutput }
  readonly PutItem: { input: PutCommandInput; output: PutCommandOutput }
  readonly Query: { input: QueryCommandInput; output: QueryCommandOutput }
  readonly TransactWriteItems: {
    input: TransactWriteCommandInput
    output: TransactWriteCommandOutput
  }
  readonly UpdateItem: { input: UpdateCommandInput; output: UpdateCommandOutput }
}

export type OperationName = keyof Operations
export type Input<Name extends OperationName> = Operations[Name]['input']
export type Output<Name extends OperationName> = Operations[Name]['output']

/** The operations that the store uses: none that reads a whole table. */
const operations: Readonly<
  Record<OperationName, readonly ['read' | 'write', new (input: never) => object]>
> = {
  BatchWriteItem: ['write', BatchWriteItemCommand],
  DeleteItem: ['write', DeleteItemCommand],
  GetItem: ['read', GetItemCommand],
  PutItem: ['write', PutItemCommand],
  Query: ['read', QueryCommand],
  TransactWriteItems: ['write', TransactWriteItemsCommand],
  UpdateItem: ['write', UpdateItemCommand],
}

/** Calls DynamoDB; failures are the SDK's exceptions. */
export async function call<Name extends OperationName>(
  name: Name,
  input: Input<Name>,
): Promise<Output<Name>> {
  const [kind, Command] = operations[name]
  const command = new Command(protocolInput(input) as never)
  const output: Consumption = await client.send(command as GetItemCommand)
  return documentOutput(kind, output) as Output<Name>
}
