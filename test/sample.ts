import fc from 'fast-check'
import * as z from 'zod'
import { memoized } from '../functions/model/memoized.ts'

interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly minLength?: number
  readonly format?: string
  readonly pattern?: string
}

let counter = 0

/**
 * A value that the schema accepts, made from the schema alone, so that a new resource is tested
 * without a test of its own. Strings differ from call to call, for the sake of unique fields.
 * @throws Error when what was made does not fit: the generator has to learn a kind of field
 */
export function sample(schema: z.ZodType): unknown {
  counter += 1
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema
  const named = json.$defs ?? {}
  const made = generate(json, named)
  const fits = (value: unknown) => schema.safeParse(value).success
  if (fits(made)) return made
  const fitting = withOneMore(json, made, named).find(fits)
  if (fitting === undefined) throw new Error(`No sample: ${JSON.stringify(made)}`)
  return fitting
}

/** The same with one optional member more, for each of them: some schemas want one of several. */
function withOneMore(json: Schema, made: unknown, named: NonNullable<Schema['$defs']>): unknown[] {
  const schema = (json.$ref && named[json.$ref.replace('#/$defs/', '')]) || json
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !schema.required?.includes(name))
    .map(([name, property]) => ({ ...(made as object), [name]: generate(property, named) }))
}

function generate(schema: Schema, named: NonNullable<Schema['$defs']>): unknown {
  const referred = schema.$ref && named[schema.$ref.replace('#/$defs/', '')]
  if (referred) return generate(referred, named)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  switch (schema.type) {
    case 'object': {
      const required = Object.entries(schema.properties ?? {}).filter(([name]) =>
        schema.required?.includes(name),
      )
      return Object.fromEntries(
        required.map(([name, property]) => [name, generate(property, named)]),
      )
    }
    case 'integer':
    case 'number':
      return schema.minimum ?? 0
    case 'boolean':
      return false
    case 'array':
      return []
    default:
      return text(schema)
  }
}

function text({ format, pattern }: Schema): string {
  if (format === 'email') return `sample-${process.pid}-${counter}@example.org`
  if (format === 'date') return '2026-01-31'
  if (format === 'date-time') return '2026-01-31T12:00:00.000Z'
  if (format === 'password') return `sample password ${counter}`
  const plain = `sample-${process.pid}-${counter}`
  if (pattern === undefined || new RegExp(pattern, 'u').test(plain)) return plain
  return fc.sample(matching(pattern), 1)[0] ?? plain
}

/** To read a pattern takes longer than to make a text of it. */
const matching = memoized((pattern: string) => fc.stringMatching(new RegExp(pattern, 'u')), 1000)
