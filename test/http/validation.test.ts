import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { faults } from '../../functions/model/validation.ts'

describe('faults', () => {
  const schema = z.strictObject({
    text: z.string(),
    whole: z.int().min(1).max(9),
    number: z.number(),
    kind: z.enum(['a', 'b']),
    list: z.array(z.strictObject({ x: z.boolean() })),
  })
  const found = (value: unknown) => {
    const parsed = schema.safeParse(value)
    return Object.fromEntries(
      faults(parsed.error?.issues ?? []).map(({ pointer, detail }) => [pointer, detail]),
    )
  }

  test('are all named, each with the JSON Pointer of its place', () => {
    const wrong = { text: 1, whole: 0, number: '1', kind: 'c', list: [{ x: 1 }, 'y'], 'a/b~c': 1 }
    expect(found(wrong)).toEqual({
      '/text': 'must be of type string',
      '/whole': 'must be at least 1',
      '/number': 'must be of type number',
      '/kind': 'must be one of a, b',
      '/list/0/x': 'must be of type boolean',
      '/list/1': 'must be of type object',
      '/a~1b~0c': 'is not a known field',
    })
  })

  test('tell what is missing, too large or not whole', () => {
    const missing = {
      text: undefined,
      whole: 10,
      number: Number.POSITIVE_INFINITY,
      kind: 'a',
      list: [],
    }
    expect(found(missing)).toEqual({
      '/text': 'is required',
      '/whole': 'must be at most 9',
      '/number': 'must be of type number',
    })
    expect(found({ text: '', whole: 1.5, number: 1, kind: 'a', list: [] })).toEqual({
      '/whole': 'must be of type integer',
    })
  })

  test('say of a bound that is no value itself that it is none', () => {
    const { error } = z
      .strictObject({ more: z.number().gt(0), less: z.number().lt(5) })
      .safeParse({ more: 0, less: 5 })
    expect(faults(error?.issues ?? [])).toEqual([
      { pointer: '/more', detail: 'must be more than 0' },
      { pointer: '/less', detail: 'must be less than 5' },
    ])
  })

  test('of the whole body have an empty pointer', () => {
    expect(found(null)).toEqual({ '': 'must be of type object' })
  })
})
