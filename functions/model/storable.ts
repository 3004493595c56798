import * as z from 'zod'
import { checkDefault } from './check-default.ts'
import { lowerCase, referenceOf } from './fields.ts'
import { checksOf } from './zod-checks.ts'

/** DynamoDB keeps 400 KB an item and 32 levels of nesting; a part of both is the store's own. */
const maxBytes = 380_000
const maxDepth = 30

/**
 * Checks that DynamoDB gives the fields back exactly as they were sent.
 * @throws Error naming the field whose values could not be kept, or telling that all together are
 *   too large
 */
export function checkStorable(fields: Readonly<Record<string, z.ZodType>>): void {
  let total = 0
  for (const [name, field] of Object.entries(fields)) {
    try {
      checkName(name)
      total += name.length + bytesAtMost(field, 0)
    } catch (error) {
      throw new Error(`${name} ${(error as Error).message}`)
    }
  }
  if (total > maxBytes)
    throw new Error(`the fields can have ${total} bytes together, and at most ${maxBytes} are kept`)
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function bytesAtMost(schema: z.ZodType, depth: number): number {
  if (depth > maxDepth) throw new Error(`is nested more than ${maxDepth} levels deep`)
  const inner = (part: z.core.$ZodType) => bytesAtMost(part as z.ZodType, depth + 1)
  checkChecks(schema)
  if (schema instanceof z.ZodOptional && schema.unwrap() instanceof z.ZodDefault)
    throw new Error('always has a value, its default: leave out `.optional()`')
  if (schema instanceof z.ZodExactOptional)
    throw new Error('is `.exactOptional()`: use `.optional()`')
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    const bytes = bytesAtMost(schema.unwrap() as z.ZodType, depth)
    if (schema instanceof z.ZodDefault) checkDefault(schema)
    return bytes
  }
  // The keys of items are of ASCII.
  if (schema.type === 'string') return (referenceOf(schema) ? 1 : 4) * charactersAtMost(schema)
  if (schema instanceof z.ZodNumber) return checkedNumber(schema)
  if (schema instanceof z.ZodBoolean) return 1
  if (schema instanceof z.ZodEnum) return words(schema.options)
  if (schema instanceof z.ZodLiteral) return words([...schema.values])
  if (schema instanceof z.ZodArray) return 3 + elementsAtMost(schema) * (1 + inner(schema.element))
  if (schema instanceof z.ZodObject) return bytesOfFields(schema, inner)
  throw new Error(`cannot be kept as it is sent: it is of the kind ${schema.type}`)
}

function checkChecks(schema: z.ZodType): void {
  for (const { check, tx, coerce, format, pattern } of checksOf(schema)) {
    // What refers to an item takes its id in any case.
    if (coerce || (check === 'overwrite' && tx !== lowerCase))
      throw new Error('changes what is sent: accept it as it is, and change it in `beforeWrite`')
    if (format === 'url')
      throw new Error('loses the white space around it, as zod has it: use `pattern`')
    // The documentation could not say what a flag allows, and clients would refuse it.
    if (pattern && !/^u?$/.test(pattern.flags))
      throw new Error(
        `has the flags of ${pattern}: leave them out, as JSON Schema has none: [Aa] stands for both cases`,
      )
  }
  if (isAsynchronous(schema)) throw new Error('has a check that is asynchronous: use `beforeWrite`')
}

/** Requests are validated at once: one such check would make every write fail. */
function isAsynchronous({ def }: z.ZodType): boolean {
  return (def.checks ?? []).some(({ _zod }) => {
    try {
      // Whether it answers at once is all that counts, not what it makes of no value.
      const answer: unknown = _zod.check({ value: undefined, issues: [] } as never)
      if (!(answer instanceof Promise)) return false
      answer.catch(() => {})
      return true
    } catch {
      return false
    }
  })
}

/** The maximum length, which must be known: some kinds of field, such as `.regex()`, have none. */
export function charactersAtMost(schema: z.ZodType): number {
  return strictest([schema.meta()?.maxLength, (schema as z.ZodString).maxLength], 'length')
}

function strictest(bounds: readonly unknown[], what: string): number {
  const known = bounds.filter((bound) => typeof bound === 'number')
  if (known.length === 0) throw new Error(`must have a maximum ${what}`)
  return Math.min(...known)
}

function checkedNumber({ minValue, maxValue }: Pick<z.ZodNumber, 'minValue' | 'maxValue'>): number {
  if (![minValue, maxValue].every((bound) => Number.isSafeInteger(Math.trunc(bound ?? Infinity))))
    throw new Error('must have bounds within ±2^53: no other numbers are kept exactly')
  return 22
}

function words(values: readonly unknown[]): number {
  if (!values.every((value) => ['string', 'number', 'boolean'].includes(typeof value)))
    throw new Error('must be words, numbers, true or false')
  for (const value of values)
    if (typeof value === 'number') checkedNumber({ minValue: value, maxValue: value })
  return Math.max(...values.map((value) => Buffer.byteLength(String(value))))
}

function elementsAtMost(schema: z.ZodArray): number {
  const checked = checksOf(schema).map(({ maximum, length }) => maximum ?? length)
  return strictest([schema.meta()?.maxItems, ...checked], 'number of elements')
}

function bytesOfFields(schema: z.ZodObject, inner: (field: z.core.$ZodType) => number): number {
  if (!(schema.def.catchall instanceof z.ZodNever))
    throw new Error('must be a strict object: unknown fields could be of any size')
  const fields = Object.entries(schema.shape)
  for (const [name] of fields) checkName(name)
  return 3 + fields.reduce((sum, [name, field]) => sum + name.length + 1 + inner(field), 0)
}

/** Every object inherits these names, so a member that was left out would seem to be present. */
function checkName(name: string): void {
  if (name in Object.prototype) throw new Error(`cannot have the name ${name}`)
}
