import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { capacity } from '../invocation/capacity.ts'
import { fromAttributeValues, toAttributeValues } from './attribute-values.ts'

/** A command of the document client: items in its input are plain objects. */
export interface DocumentCommand {
  readonly input: object
}

/** DynamoDB's operation behind each command that the store sends. */
const operations = new Map<unknown, Operation>([
  [BatchWriteCommand, 'BatchWriteItem'],
  [DeleteCommand, 'DeleteItem'],
  [GetCommand, 'GetItem'],
  [PutCommand, 'PutItem'],
  [QueryCommand, 'Query'],
  [TransactWriteCommand, 'TransactWriteItems'],
  [UpdateCommand, 'UpdateItem'],
])

export type Operation =
  | 'BatchWriteItem'
  | 'DeleteItem'
  | 'GetItem'
  | 'PutItem'
  | 'Query'
  | 'TransactWriteItems'
  | 'UpdateItem'

/** @throws Error for a command that the store does not send */
export function operationOf(command: DocumentCommand): Operation {
  const operation = operations.get(command.constructor)
  if (!operation) throw new Error('functions/store/documents.ts does not know this command')
  return operation
}

/** The input as DynamoDB's protocol has it, asking for what the operation consumes. */
export function protocolInput({ input }: DocumentCommand): object {
  return withItems({ ...input, ReturnConsumedCapacity: 'TOTAL' }, toAttributeValues) as object
}

/** The output with plain objects for items; counts what was consumed. */
export function documentOutput(operation: Operation, output: Consumption): unknown {
  const kind = operation === 'GetItem' || operation === 'Query' ? 'read' : 'write'
  for (const { CapacityUnits = 0 } of [output.ConsumedCapacity ?? []].flat())
    capacity[kind] += CapacityUnits
  return withItems(output, fromAttributeValues)
}

export interface Consumption {
  readonly ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] | undefined
}

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
