import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Attributes } from './attributes.ts'

/**
 * An item as DynamoDB's protocol has it. What is undefined is left out.
 *
 * @throws TypeError for a value that DynamoDB would not give back as it is
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
 */
export function toAttributeValues(item: object): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue> = {}
  for (const [name, value] of Object.entries(item))
    if (value !== undefined) values[name] = toAttributeValue(value)
  return values
}

/** The item again, as a plain object. */
export function fromAttributeValues(values: Record<string, AttributeValue>): Attributes {
  const item: Attributes = {}
  for (const [name, value] of Object.entries(values)) item[name] = fromAttributeValue(value)
  return item
}

function toAttributeValue(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'boolean') return { BOOL: value }
  if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER)
    return { N: String(value) }
  if (value === null) return { NULL: true }
  if (Array.isArray(value)) return { L: value.map(toAttributeValue) }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return { M: toAttributeValues(value) }
  throw new TypeError(`An attribute cannot be ${Object.prototype.toString.call(value)}`)
}

function fromAttributeValue({ S, N, BOOL, NULL, L, M }: AttributeValue): unknown {
  if (S !== undefined) return S
  if (N !== undefined) return Number(N)
  if (BOOL !== undefined) return BOOL
  if (NULL) return null
  if (L) return L.map(fromAttributeValue)
  if (M) return fromAttributeValues(M)
  throw new TypeError('An attribute has a type that is never written')
}
