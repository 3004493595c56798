import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { merged, mergePatch } from '../../functions/crud/merge-patch.ts'
import { line } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'

/** RFC 7396 appendix A. */
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j with %j is %j', (target, patch, result) => {
  const before = structuredClone(target)
  expect(mergePatch(target, patch)).toEqual(result)
  expect(target).toEqual(before)
})

describe('a patch', () => {
  const gadgets = resource({
    name: 'gadgets',
    singular: 'gadget',
    fields: {
      title: line(1, 10),
      status: z.enum(['draft', 'published']).default('draft'),
      address: z.strictObject({ street: line(1, 10), zip: line(1, 10).optional() }).optional(),
    },
  })
  const item = { id: 'i', title: 'T', status: 'published', address: { street: 'S', zip: '1' } }
  const { id: _, ...fields } = item

  function patch(body: unknown) {
    const parsed = gadgets.bodies.patch().safeParse(body)
    if (!parsed.success) return parsed.error.issues.map(({ path }) => path.join('/'))
    return merged(gadgets, item, parsed.data as object as Record<string, unknown>)
  }

  test.each([
    [{}, fields],
    [{ title: 'New' }, { ...fields, title: 'New' }],
    [{ status: null }, { ...fields, status: 'draft' }],
    [{ address: { street: 'D' } }, { ...fields, address: { street: 'D', zip: '1' } }],
    [{ address: { zip: null } }, { ...fields, address: { street: 'S' } }],
    [{ address: null }, { title: 'T', status: 'published' }],
    [{ id: null, createdAt: [], updatedAt: 'x' }, fields],
  ])('%j changes what it names, and nothing else', (body, expected) => {
    expect(patch(body)).toEqual(expected)
  })

  test.each([
    [{ title: null }, ['title']],
    [{ title: 'x'.repeat(11), unknown: 1 }, ['title', '']],
    [{ address: { street: null, city: 'C' } }, ['address/street', 'address']],
    [{ address: 'S' }, ['address']],
    [{ status: 'other' }, ['status']],
  ])('%j does not fit', (body, paths) => {
    expect(patch(body)).toEqual(paths)
  })

  test('that makes an item which does not fit is refused with the place', () => {
    const { address: _, ...without } = item
    expect(() => merged(gadgets, without, { address: { zip: '1' } })).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        errors: [{ pointer: '/address/street', detail: 'is required' }],
      }),
    )
  })
})
