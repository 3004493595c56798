import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { describeBodies, schemaWriter } from '../../functions/docs/openapi-schemas.ts'
import { linePattern } from '../../functions/model/characters.ts'
import {
  email,
  integer,
  line,
  list,
  object,
  ref,
  referenceOf,
  slug,
} from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { withoutTexts } from '../../infra/undescribed.ts'

const shelves = resource({
  name: 'shelves',
  singular: 'shelf',
  key: 'code',
  fields: { code: slug(9) },
})

describe('what a declaration says of a field', () => {
  const books = resource({
    name: 'books',
    singular: 'book',
    fields: {
      title: line(1, 100).describe('As on the cover.'),
      pages: integer(1, 9999).optional().describe('Blank ones too.'),
      price: object({ amount: integer(1, 99).default(1).describe('In euros.') }).optional(),
      unsaid: line(1, 9).optional(),
    },
    readOnly: { code: slug(9).describe('Given by the API.') },
  })
  const writer = schemaWriter()
  for (const body of [books.item, books.bodies.create, books.bodies.replace, books.bodies.patch])
    writer.write(body(), 'input')
  describeBodies('Book', writer.components)

  test.each(['Book', 'BookCreate', 'BookReplace', 'BookPatch'])('stands once in %s', (name) => {
    const json = JSON.stringify(writer.components[name])
    for (const text of ['As on the cover.', 'Blank ones too.', 'In euros.'])
      expect(json.split(text), text).toHaveLength(2)
    const schema = writer.components[name]
    expect(schema).toHaveProperty('properties.title.description', 'As on the cover.')
    expect(schema).toHaveProperty('properties.pages.description', 'Blank ones too.')
    expect(schema).toHaveProperty('properties.unsaid')
    expect(schema).not.toHaveProperty('properties.unsaid.description')
  })

  test('of one that is read-only, a body says that it is', () => {
    for (const [name, text] of [
      ['Book', 'Given by the API.'],
      ['BookPatch', 'Read-only: ignored, whatever it holds.'],
    ] as const)
      expect(writer.components[name]).toHaveProperty('properties.code.description', text)
  })

  test.each([
    ref(shelves).describe('Where it stands.'),
    ref(shelves).describe('Where it stands.').optional(),
    ref(shelves).optional().describe('Where it stands.'),
  ])('a reference stays one: %#', (field) => {
    expect(referenceOf(field)?.to.name).toBe('shelves')
    expect(referenceOf(shelves.fields.code)).toBeUndefined()
  })
})

describe('what is checked beside a field of ours', () => {
  const label = /^SKU-\d+$/
  const sku = { pattern: linePattern, allOf: [{ pattern: label.source }] }

  test.each<[z.ZodType, object]>([
    [slug(20).min(3), { minLength: 3, maxLength: 20 }],
    [slug(20).min(3).optional(), { minLength: 3, maxLength: 20 }],
    [line(1, 200).max(50), { minLength: 1, maxLength: 50 }],
    [line(1, 200).length(50), { minLength: 50, maxLength: 50 }],
    [line(2, 200).min(1).max(300), { minLength: 2, maxLength: 200 }],
    [list(line(1, 9), 9).max(3), { maxItems: 3 }],
    [line(1, 100).regex(label), sku],
    [line(1, 100).regex(label).describe('As on the label.'), sku],
    [email().regex(/@ours\.org$/), { format: 'email', allOf: [{ pattern: '@ours\\.org$' }] }],
  ])('is documented: %#', (field, told) => {
    const written = schemaWriter().write(z.strictObject({ field }), 'input')
    expect(written).toMatchObject({ properties: { field: told } })
  })
})

describe('the bundles are without', () => {
  test.each([
    "line(1, 9).describe('Its name.')",
    'line(1, 9).describe("Ada\'s (name)")',
    "line(1, 9).describe('It\\'s (name)')",
    `line(1, 9).describe(\`Of the \${singular}, in \${to.key}.\`)`,
    "line(1, 9).describe(\n  'Its name.',\n)",
  ])('%j', (source) => {
    const left = withoutTexts(source)
    expect(left.trim()).toBe('line(1, 9)')
    // Each place stays what it was in the source.
    expect(left.split('\n').map(({ length }) => length)).toEqual(
      source.split('\n').map(({ length }) => length),
    )
  })

  test.each([
    'line(1, 9).describe(text)',
    "line(1, 9).describe('a' + text)",
    `line(1, 9).describe(\`a \${text()}\`)`,
    "line(1, 9).describe('a', 'b')",
  ])('but not without what is no text: %s', (source) => {
    expect(withoutTexts(source)).toBe(source)
  })
})
