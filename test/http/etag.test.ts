import { describe, expect, test } from 'vitest'
import { etag, isFresh, precondition } from '../../functions/http/etag.ts'
import type { Request } from '../../functions/http/request.ts'
import { choice, integer, line, list, object } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'

const item = { _rev: 'abc', createdAt: '', updatedAt: '' }
const declared = { name: 'notes', singular: 'note', fields: { title: line(1, 100) } } as const
const notes = resource(declared)
const current = etag(notes, item)

/** The tags of the tests, of which `abc` is that of the item. */
const named = (value: string) => value.replace('"abc"', current)

function request(headers: Readonly<Record<string, string | undefined>>): Request {
  return { header: (name: string) => headers[name] } as unknown as Request
}

describe('entity tags', () => {
  test('are strong', () => {
    expect(current).toMatch(/^"abc\.[\w-]{6}"$/)
  })

  test('change with what the declaration makes of an item that is stored', () => {
    const more = { ...declared.fields, body: line(1, 100).default('') }
    const others = [
      { ...declared, fields: more },
      { ...declared, fields: { ...more, body: line(1, 100).default('x') } },
      { ...declared, upgrade: [(note: object) => ({ ...note })] },
    ]
    const tags = [declared, ...others].map((one) => etag(resource(one as typeof declared), item))
    expect(new Set(tags).size).toBe(4)
    expect(etag(resource({ ...declared, shards: 4 }), item)).toBe(current)
  })

  test('change with what is shown within a field, and with its order, which are other bytes', () => {
    const [amount, currency] = [integer(0, 9), choice('EUR', 'USD')]
    const shapes = [
      object({ amount, currency }),
      object({ currency, amount }),
      object({ amount, currency: currency.default('EUR') }),
      object({ amount, currency: currency.default('USD') }),
    ]
    const tagOf = (more: object) => etag(resource({ ...declared, ...more }), item)
    const views = [0, 1].map((count) => integer(0, 9).default(count))
    const groups = [
      shapes.map((fee) => tagOf({ fields: { fee: fee.optional() } })),
      shapes.map((fee) => tagOf({ fields: { fee: list(fee, 3) } })),
      views.map((count) => tagOf({ readOnly: { count } })),
    ]
    for (const tags of groups) expect(new Set(tags).size).toBe(tags.length)
    // What is declared otherwise and shown the same keeps its tag.
    const wider = object({ amount: integer(0, 99).describe('In all.'), currency }).optional()
    expect(tagOf({ fields: { fee: wider } })).toBe(groups[0]?.[0])
  })

  test.each([
    ['*', true],
    [' * ', true],
    ['"abc"', true],
    ['"a", "abc"', true],
    ['"a","abc"', true],
    ['"a"', false],
    ['W/"abc", "b"', false],
    ['""', false],
    ['W/"abc"', false],
    ['abc', false],
    ['', false],
    ['"abc', false],
  ])('If-Match: %s', (value, applies) => {
    expect(precondition(notes, request({ 'If-Match': named(value) }))?.('abc') ?? true).toBe(
      applies,
    )
  })

  test('however many are named', () => {
    const many = [...Array.from({ length: 150 }, (_, index) => `"${index}"`), '"abc"'].join()
    expect(precondition(notes, request({ 'If-Match': named(many) }))?.('abc')).toBe(true)
  })

  test.each([
    ['*', false],
    ['"abc"', false],
    ['W/"abc"', false],
    ['"x", W/"abc"', false],
    ['"ab"', true],
    ['abc', true],
  ])('a write with If-None-Match: %s', (value, applies) => {
    expect(precondition(notes, request({ 'If-None-Match': named(value) }))?.('abc')).toBe(applies)
    const both = { 'If-Match': current, 'If-None-Match': named(value) }
    expect(precondition(notes, request(both))?.('abc')).toBe(applies)
  })

  test('a write without either applies to any', () => {
    expect(precondition(notes, request({}))).toBeUndefined()
  })

  test.each([
    [undefined, false],
    ['*', true],
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", W/"abc"', true],
    ['abc', false],
    ['"ab"', false],
    ['', false],
  ])('If-None-Match: %s', (value, fresh) => {
    expect(isFresh(request({ 'If-None-Match': value && named(value) }), current)).toBe(fresh)
  })
})
