import type { Json } from './openapi-schemas.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly format?: string
  readonly pattern?: string
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
}

const byFormat: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00.000Z',
  uuid: '01939f5e-7c00-7a3b-9f00-5d1c2b3a4e5f',
  email: 'ada@example.org',
  uri: 'https://example.org',
}

/**
 * An example of what a schema describes, with all its members; undefined where it asks for text of
 * a form that it gives no example of.
 */
export function exampleOf(given: object, components: Readonly<Record<string, Json>>): unknown {
  const schema = given as Schema
  const inner = (part: Schema) => exampleOf(part, components)
  if (schema.$ref) return inner(components[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  const [first] = schema.examples ?? schema.enum ?? []
  if (first !== undefined) return first
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  const [option] = schema.anyOf ?? []
  if (option) return inner(option)
  switch (schema.type) {
    case 'object':
      return objectExample(schema, inner)
    case 'array': {
      const element = schema.items && inner(schema.items)
      return element === undefined ? [] : Array(Math.max(schema.minItems ?? 1, 1)).fill(element)
    }
    case 'integer':
    case 'number':
      return Math.min(Math.max(schema.minimum ?? 1, 1), schema.maximum ?? Infinity)
    case 'boolean':
      return false
    default:
      if (schema.allOf) return undefined
      return (
        byFormat[schema.format ?? ''] ?? (schema.pattern === undefined ? text(schema) : undefined)
      )
  }
}

function text({ minLength = 0, maxLength }: Schema): string {
  return 'text'.padEnd(minLength, ' text').slice(0, maxLength)
}

function objectExample(
  { properties = {}, required = [] }: Schema,
  inner: (part: Schema) => unknown,
): object | undefined {
  const members = Object.entries(properties).map(([name, part]) => [name, inner(part)] as const)
  const shown = members.filter(([, value]) => value !== undefined)
  const missing = required.some((name) => !shown.some(([shownName]) => shownName === name))
  return missing ? undefined : Object.fromEntries(shown)
}
