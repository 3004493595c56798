import { element } from '../element.ts'
import { resolve, type Schema } from './document.ts'
import { inline } from './markdown.ts'

/** What a value has to be, in a few words: `string, 1–100`. */
export function typeText(declared: Schema): string {
  const schema = resolve(declared)
  if (declared.$ref && schema.properties) return declared.$ref.split('/').at(-1) ?? ''
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return choices.map(typeText).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const { type = 'any', format, items, minLength, maxLength, minimum, maximum, maxItems } = schema
  if (items) return `list of ${typeText(items)}${maxItems ? `, at most ${maxItems}` : ''}`
  const name = typeof type === 'string' ? type : type.join(' or ')
  const bounds = range(minLength ?? minimum, maxLength ?? maximum)
  return [name, format, bounds].filter((part) => part !== undefined).join(', ')
}

function range(least: number | undefined, most: number | undefined): string | undefined {
  if (least !== undefined && most !== undefined) return `${least}–${most}`
  if (most !== undefined) return `at most ${most}`
  return least !== undefined ? `at least ${least}` : undefined
}

/** The fields of an object, of the items of a list, and theirs. */
export function fieldList(declared: Schema, use: Use, depth = 0): HTMLElement | undefined {
  const { properties, required } = objectOf(declared)
  const entries = Object.entries(properties)
  if (entries.length === 0 || depth > 4) return undefined
  return element(
    'ul',
    { class: 'fields' },
    ...entries.map(([name, schema]) =>
      element(
        'li',
        {},
        row(name, schema, noteOn(required.has(name), use)),
        fieldList(schema, use, depth + 1),
      ),
    ),
  )
}

type Use = 'sent' | 'answered'

/** What is the exception is said: nearly all fields of answers are always there. */
export function noteOn(required: boolean, use: Use): string {
  if (use === 'sent') return required ? 'required' : ''
  return required ? '' : 'optional'
}

/** A field or a parameter: name, type, and what is said of it. */
export function row(name: string, schema: Schema, note: string, text?: string): HTMLElement {
  const resolved = resolve(schema)
  const fallback =
    resolved.default === undefined ? undefined : `default ${JSON.stringify(resolved.default)}`
  const described = text ?? resolved.description
  return element(
    'div',
    {},
    element('code', { class: 'name' }, name),
    element('span', { class: 'type' }, [typeText(schema), fallback].filter(Boolean).join(', ')),
    note !== '' && element('span', { class: note }, note),
    described ? element('p', {}, ...inline(described)) : undefined,
  )
}

function objectOf(declared: Schema) {
  const schema = resolve(declared)
  const parts = [
    schema,
    ...[schema.allOf, schema.anyOf, schema.oneOf].flatMap((some) => some ?? []),
  ]
  const objects = parts.map((part) => resolve(part)).map((part) => resolve(part.items ?? part))
  return {
    properties: Object.assign({}, ...objects.map(({ properties }) => properties)) as Readonly<
      Record<string, Schema>
    >,
    required: new Set(objects.flatMap(({ required = [] }) => required)),
  }
}

/** A value to begin with: the required fields of an object, or else its first. */
export function exampleOf(declared: Schema): unknown {
  const schema = resolve(declared)
  const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []
  const stated = schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0]
  if (stated !== undefined) return stated
  if (choice) return exampleOf(choice)
  if (schema.properties) {
    const { properties, required } = objectOf(schema)
    const names = Object.keys(properties)
    const used = required.size > 0 ? names.filter((name) => required.has(name)) : names.slice(0, 1)
    return Object.fromEntries(used.map((name) => [name, exampleOf(properties[name] ?? {})]))
  }
  if (schema.items) return []
  if (schema.type === 'boolean') return false
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 0
  return schema.type === 'object' ? {} : 'text'
}
