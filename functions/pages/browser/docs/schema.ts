import { resolve, type Schema } from './document.ts'

/** What a value has to be, in a few words: `string, 1–100`. A schema may contain itself. */
export function typeText(declared: Schema, depth = 0): string {
  const schema = resolve(declared)
  const name = declared.$ref?.split('/').at(-1) ?? 'any'
  if (depth > 3 || (declared.$ref && schema.properties)) return name
  const textOf = (part: Schema) => typeText(part, depth + 1)
  const { allOf: [part] = [], items, maxItems } = schema
  const choices = choicesOf(schema)
  // Beside a type there are patterns.
  if (part && !schema.type) return textOf(part)
  if (choices.length > 0) return choices.map(textOf).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (items) return `list of ${textOf(items)}${maxItems ? `, at most ${maxItems}` : ''}`
  return plainText(schema)
}

function plainText(schema: Schema): string {
  const { type = 'any', format, minLength, maxLength, minimum, maximum } = schema
  const name = typeof type === 'string' ? type : type.join(' or ')
  const bounds = range(minLength ?? minimum, maxLength ?? maximum)
  return [name, format, bounds].filter((part) => part !== undefined).join(', ')
}

function range(least: number | undefined, most: number | undefined): string | undefined {
  if (least !== undefined && most !== undefined) return `${least}–${most}`
  if (most !== undefined) return `at most ${most}`
  return least !== undefined ? `at least ${least}` : undefined
}

export function choicesOf({ anyOf, oneOf }: Schema): Schema[] {
  return [...(anyOf ?? oneOf ?? [])]
}

interface Shape {
  readonly properties: Readonly<Record<string, Schema>>
  readonly required: ReadonlySet<string>
}

/**
 * The fields of an object, whichever of its choices it is; those that every choice requires are
 * required.
 */
export function objectOf(declared: Schema): Shape {
  const schema = resolve(declared)
  const { allOf = [], properties = {}, required = [] } = schema
  const choices = choicesOf(schema).map(objectOf).filter(isObject)
  const parts = allOf.map(objectOf)
  const everywhere = [...(choices[0]?.required ?? [])].filter((name) =>
    choices.every((choice) => choice.required.has(name)),
  )
  return {
    properties: Object.assign(
      {},
      properties,
      ...[...parts, ...choices].map((part) => part.properties),
    ),
    required: new Set([...required, ...parts.flatMap((part) => [...part.required]), ...everywhere]),
  }
}

function isObject({ properties, required }: Shape): boolean {
  return Object.keys(properties).length > 0 || required.size > 0
}

/** A value to begin with: the required fields of an object, or else its first. */
export function exampleOf(declared: Schema): unknown {
  const schema = resolve(declared)
  const { examples, default: fallback, const: constant, enum: values } = schema
  const stated = examples?.[0] ?? fallback ?? constant ?? values?.[0]
  if (stated !== undefined) return stated
  if (schema.items || schema.type === 'array') return []
  const [choice] = choicesOf(schema)
  const { properties, required } = objectOf(schema)
  const names = Object.keys(properties)
  if (names.length > 0) {
    const needed = new Set([...required, ...(choice ? objectOf(choice).required : [])])
    const used = needed.size > 0 ? names.filter((name) => needed.has(name)) : names.slice(0, 1)
    return Object.fromEntries(used.map((name) => [name, exampleOf(properties[name] ?? {})]))
  }
  if (choice) return exampleOf(choice)
  if (schema.type === 'boolean') return false
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 0
  return schema.type === 'object' ? {} : 'text'
}
