import { describe, expect, test } from 'vitest'
import { etag, ifMatch, isFresh } from '../../functions/crud/etag.ts'
import type { Request } from '../../functions/http/request.ts'

const item = { _rev: 'abc', createdAt: '', updatedAt: '' }

function request(value: string | undefined): Request {
  return { header: () => value } as unknown as Request
}

describe('entity tags', () => {
  test('are strong', () => {
    expect(etag(item)).toBe('"abc"')
  })

  test.each([
    [undefined, undefined],
    ['*', undefined],
    [' * ', undefined],
    ['"a"', ['a']],
    ['"a", "b"', ['a', 'b']],
    ['"a","b,c"', ['a', 'b,c']],
    ['W/"a", "b"', ['b']],
    ['""', ['']],
    ['W/"a"', ['']],
    ['a', ['']],
    ['', ['']],
    ['"a', ['']],
  ])('If-Match: %s', (value, revisions) => {
    expect(ifMatch(request(value))).toEqual(revisions)
  })

  test('are at most as many as DynamoDB compares', () => {
    const many = Array.from({ length: 150 }, (_, index) => `"${index}"`).join()
    expect(ifMatch(request(many))).toHaveLength(100)
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
    expect(isFresh(request(value), item)).toBe(fresh)
  })
})
