import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import { capacity } from '../invocation/capacity.ts'
import { fromAttributeValues, toAttributeValues } from './attribute-values.ts'

/** The input as DynamoDB's protocol has it, asking for what the operation consumes. */
export function protocolInput(input: object): object {
  return withItems({ ...input, ReturnConsumedCapacity: 'TOTAL' }, toAttributeValues) as object
}

/** The output with plain objects for items; adds up the units that were consumed. */
export function documentOutput(kind: 'read' | 'write', output: Consumption): unknown {
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

/** The input or output of an operation with its items converted, however deep they lie. */
function withItems<Item>(part: unknown, convert: (item: Item) => unknown): unknown {
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

function convertAll<Item>(value: unknown, convert: (item: Item) => unknown): unknown {
  return Array.isArray(value) ? value.map((item) => convert(item as Item)) : convert(value as Item)
}
