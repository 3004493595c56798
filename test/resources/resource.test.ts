import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Declaration, Fields } from '../../functions/model/declaration.ts'
import { email, integer, line, slug, text } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'

const parent = { name: 'users' as const, singular: 'user', param: 'userId' }

function declare(more: Partial<Declaration> = {}) {
  const fields: Fields = { title: line(1, 100), ...more.fields }
  return resource({ name: 'books', singular: 'book', ...more, fields })
}

describe('a declaration', () => {
  test('becomes six routes, each with its scope', () => {
    const routes = declare().routes.map(({ method, path, access }) => `${method} ${path} ${access}`)
    expect(routes).toEqual([
      'GET /api/v1/books books:read',
      'POST /api/v1/books books:write',
      'GET /api/v1/books/{id} books:read',
      'PUT /api/v1/books/{id} books:write',
      'PATCH /api/v1/books/{id} books:write',
      'DELETE /api/v1/books/{id} books:write',
    ])
  })

  test('has the operations and powers that it names', () => {
    const { routes } = declare({ operations: ['list', 'remove'], powers: { list: 'admin' } })
    expect(routes.map(({ operationId, access }) => [operationId, access])).toEqual([
      ['listBooks', 'books:admin'],
      ['deleteBook', 'books:write'],
    ])
  })

  test('lies under its parent, or under its own name', () => {
    expect(declare({ parent }).itemPath).toBe('/users/{userId}/books/{id}')
    expect(declare({ key: 'isbn', fields: { isbn: slug(20) } }).itemPath).toBe('/books/{isbn}')
  })

  test.each<[string, Partial<Declaration>]>([
    ['books: _rev cannot be the name of a field', { fields: { _rev: line(1, 9) } }],
    ['books: a-b cannot be the name of a field', { fields: { 'a-b': line(1, 9) } }],
    ['books: id cannot be the name of a field', { fields: { id: line(1, 9) } }],
    ['books: createdAt cannot be the name of a field', { fields: { createdAt: line(1, 9) } }],
    ['books: cursor cannot be the name of a field', { fields: { cursor: line(1, 9) } }],
    ['books: userId cannot be the name of a field', { parent, fields: { userId: line(1, 9) } }],
    ['books: isbn is not one of the fields', { unique: ['isbn'] }],
    ['books: isbn is not one of the fields', { filters: ['isbn'] }],
    ['books: isbn is not one of the fields', { key: 'isbn' }],
    ['books: title must be a slug to be the key', { key: 'title' }],
    [
      'books: isbn cannot be the key: items under a parent are listed by their ids',
      { parent, key: 'isbn', fields: { isbn: slug(20) } },
    ],
    ...[text(20), line(1, 300), z.string(), text(9).optional()].flatMap(
      (blurb): [string, Partial<Declaration>][] =>
        [{ unique: ['blurb'] }, { filters: ['blurb'] }].map((found) => [
          'books: blurb must have 1 to 299 characters, as items are found by it',
          { fields: { blurb }, ...found },
        ]),
    ),
  ])('is refused: %s', (message, more) => {
    expect(() => declare(more)).toThrow(message)
  })

  test('may have items found by text that is short, by numbers and by choices', () => {
    const fields = {
      pages: integer(1, 9),
      mail: email(),
      kind: z.enum(['a', 'b']),
      lent: z.boolean(),
    }
    expect(() => declare({ fields, filters: Object.keys(fields), unique: ['mail'] })).not.toThrow()
  })
})
