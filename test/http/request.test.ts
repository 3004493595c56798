import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { header, params, parseQuery, pathOf, root } from '../../functions/http/request.ts'
import { integer, line } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { memos } from '../fixtures/resources/memos.ts'
import { event } from './event.ts'

describe('header', () => {
  const multiValueHeaders = { 'iF-mAtCh': ['"a"', '"b"'], Host: ['x'] }
  test('knows no case, and joins what is repeated', () => {
    expect(header(event({ multiValueHeaders }), 'If-Match')).toBe('"a", "b"')
    expect(header(event({ multiValueHeaders }), 'host')).toBe('x')
    expect(header(event({ multiValueHeaders }), 'Origin')).toBeUndefined()
    expect(header(event({ multiValueHeaders: null }), 'Origin')).toBeUndefined()
  })
})

describe('params', () => {
  test('are percent-decoded; what cannot be names nothing', () => {
    expect(params(event({ pathParameters: { id: 'a%2Fb' } }))).toEqual({ id: 'a/b' })
    expect(params(event({ pathParameters: null }))).toEqual({})
    for (const id of ['%', '%zz', '%ff'])
      expect(() => params(event({ pathParameters: { id } }))).toThrow(
        expect.objectContaining({ code: 'not_found' }),
      )
  })
})

describe('pathOf', () => {
  test("is the route's path with its parameters encoded", () => {
    const route = memos.routes.find(({ operation }) => operation === 'read')
    if (!route) throw new Error('memos cannot be read')
    expect(pathOf(route, { userId: 'a/b', id: 'ü?' })).toBe('/api/v1/users/a%2Fb/memos/%C3%BC%3F')
  })
})

describe('root', () => {
  test('is the stage segment, where there is one', () => {
    const path = '/api/v1'
    expect(root(event({ path, requestContext: { path: '/prod/api/v1' } }))).toBe('/prod')
    expect(root(event({ path, requestContext: { path } }))).toBe('')
    expect(root(event({ path, requestContext: { path: '/other' } }))).toBe('')
  })
})

describe('parseQuery', () => {
  const books = resource({
    name: 'books',
    singular: 'book',
    fields: {
      ...{ pages: integer(1, 9999), lent: z.boolean(), title: line(1, 100) },
      isbn: line(10, 13),
    },
    indexes: [{ by: 'pages' }, { by: 'lent' }, { by: 'title' }, { by: 'isbn' }],
  })
  const [list] = books.routes
  if (!list) throw new Error('books cannot be listed')
  const query = (multiValueQueryStringParameters: object | null) =>
    parseQuery(event({ multiValueQueryStringParameters }), list)

  test('fills in what is left out', () => {
    expect(query(null)).toEqual({ limit: 25 })
  })

  test('reads numbers and booleans as JSON writes them, and text as text', () => {
    expect(query({ pages: ['12'], lent: ['true'], title: ['12'], limit: ['1'] })).toEqual({
      ...{ pages: 12, lent: true, title: '12', limit: 1 },
    })
  })

  test.each(['123', 'true'])('says of text that is too short no more than that: %s', (isbn) => {
    expect(() => query({ isbn: [isbn] })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(
          'Query: isbn must have 10 to 13 characters. Known parameters:',
        ),
      }),
    )
  })

  test('names every fault', () => {
    const wrong = {
      pages: ['1e1'],
      lent: ['yes'],
      title: ['a', 'b'],
      limit: ['0'],
      ['__proto__']: ['x'],
      'a/~1': ['x'],
    }
    expect(() => query(wrong)).toThrow(
      expect.objectContaining({
        code: 'bad_request',
        message:
          'Query: limit must be at least 1; pages must be of type number; ' +
          'lent must be of type boolean; title occurs more than once; ' +
          '__proto__ is not a known parameter; a/~1 is not a known parameter. ' +
          'Known parameters: limit, cursor, pages, lent, title, isbn.',
      }),
    )
  })

  test('names a hundred faults, and says how many more there are', () => {
    const names = Array.from({ length: 102 }, (_, index) => [`a${index}`, ['1']])
    const refusal = (count: number) => {
      try {
        return query(Object.fromEntries(names.slice(0, count)))
      } catch (error) {
        return (error as Error).message
      }
    }
    const hundred = names.slice(0, 100).map(([name]) => `${name} is not a known parameter`)
    const known = 'Known parameters: limit, cursor, pages, lent, title, isbn.'
    expect(refusal(100)).toBe(`Query: ${hundred.join('; ')}. ${known}`)
    expect(refusal(101)).toContain('; 1 more fault is not shown. ')
    expect(refusal(102)).toBe(`Query: ${hundred.join('; ')}; 2 more faults are not shown. ${known}`)
  })

  test('is not looked at where no query is declared', () => {
    const { query: _query, ...without } = list
    expect(
      parseQuery(event({ multiValueQueryStringParameters: { a: ['b'] } }), without),
    ).toBeUndefined()
  })
})
