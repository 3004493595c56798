import { element } from '../element.ts'
import { resolve, type Schema } from './document.ts'
import { inline } from './markdown.ts'
import { choicesOf, objectOf, typeText } from './schema.ts'

/** The fields of an object or of the items of a list, and the fields within them. */
export function fieldList(declared: Schema, use: Use, depth = 0): HTMLElement | undefined {
  const schema = resolve(declared)
  const list = [schema, ...choicesOf(schema).map((choice) => resolve(choice))].find(
    ({ items }) => items,
  )
  const { properties, required } = objectOf(list?.items ?? schema)
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

/** Only the exception is noted: nearly all fields of answers are always there. */
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
