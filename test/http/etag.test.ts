import { describe, expect, test } from 'vitest'
import { etag, isFresh, precondition } from '../../functions/http/etag.ts'
import type { Request } from '../../functions/http/request.ts'

const item = { _rev: 'abc', createdAt: '', updatedAt: '' }

function request(headers: Readonly<Record<string, string | undefined>>): Request {
  return { header: (name: string) => headers[name] } as unknown as Request
}

describe('entity tags', () => {
  test('are strong', () => {
    expect(etag(item)).toBe('"abc"')
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
    expect(precondition(request({ 'If-Match': value }))?.('abc') ?? true).toBe(applies)
  })

  test('however many are named', () => {
    const many = [...Array.from({ length: 150 }, (_, index) => `"${index}"`), '"abc"'].join()
    expect(precondition(request({ 'If-Match': many }))?.('abc')).toBe(true)
  })

  test.each([
    ['*', false],
    ['"abc"', false],
    ['W/"abc"', false],
    ['"x", W/"abc"', false],
    ['"ab"', true],
    ['abc', true],
  ])('a write with If-None-Match: %s', (value, applies) => {
    expect(precondition(request({ 'If-None-Match': value }))?.('abc')).toBe(applies)
    const both = { 'If-Match': '"abc"', 'If-None-Match': value }
    expect(precondition(request(both))?.('abc')).toBe(applies)
  })

  test('a write without either applies to any', () => {
    expect(precondition(request({}))).toBeUndefined()
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
    expect(isFresh(request({ 'If-None-Match': value }), item)).toBe(fresh)
  })
})
