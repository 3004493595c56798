import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import {
  breakingCharacter,
  emailPattern,
  linePattern,
  visibleCharacter,
} from '../../functions/model/characters.ts'
import {
  boolean,
  choice,
  date,
  dateTime,
  email,
  id,
  integer,
  line,
  list,
  number,
  object,
  pattern,
  slug,
  text,
  time,
} from '../../functions/model/fields.ts'
import { faults } from '../../functions/model/validation.ts'

const accepts = (schema: z.ZodType) => (value: unknown) => schema.safeParse(value).success
const anyText = fc.string({ unit: 'binary', maxLength: 40 })

describe('line', () => {
  const ok = accepts(line(1, 10))
  test.each(['a', ' a ', '🏔'.repeat(10), 'e\u0301', '👩\u200d🚀', 'نامه\u200cای', "'", '\uffff'])(
    'takes %j',
    (value) => expect(ok(value)).toBe(true),
  )
  test.each([
    '',
    ' ',
    '\u00a0',
    '\u3000 ',
    '\u200d',
    '\u200b\u2060',
    '\u2800',
    '\u3164',
    '\u{e0001}',
    'a\u2028b',
    'a\u2029',
    'a\n',
    '\ta',
    '\u0000',
    '\u009f',
    '🏔'.repeat(11),
    '\ud83c',
    1,
  ])('refuses %j', (value) => expect(ok(value)).toBe(false))

  test('counts code points and stores what it takes as it is', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const parsed = line(2, 20).safeParse(value)
        const points = [...value].length
        const seen = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]/u.test(value)
        const fits = points >= 2 && points <= 20 && seen && !/[\p{Cc}\u2028\u2029]/u.test(value)
        return parsed.success === fits && (!fits || parsed.data === value)
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  test('names one fault of a value, in words', () => {
    const { error } = line(5, 10).safeParse(' \n')
    expect(faults(error?.issues ?? [])).toEqual([
      { pointer: '', detail: 'must have 5 to 10 characters' },
    ])
  })

  test('knows the characters of Unicode that break a line, and those that nobody sees', () => {
    for (let point = 0; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue
      const character = String.fromCodePoint(point)
      const breaks = /[\p{Cc}\u2028\u2029]/u.test(character)
      const unseen = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]/u.test(character)
      if (breakingCharacter.test(character) !== breaks) expect.fail(point.toString(16))
      if (visibleCharacter.test(character) === (unseen || breaks)) expect.fail(point.toString(16))
    }
  })

  test('is documented by a pattern that says the same', () => {
    const documented = new RegExp(linePattern, 'u')
    const ok = accepts(line(0, 100))
    fc.assert(
      fc.property(anyText, (value) => documented.test(value) === ok(value)),
      { seed: 1, numRuns: 2000 },
    )
  })
})

describe('text', () => {
  const ok = accepts(text(10))
  test.each(['', '\n\t\u0001', '🏔'.repeat(10)])('takes %j', (value) => expect(ok(value)).toBe(true))
  test.each(['a\u0000', '🏔'.repeat(11), '\udc00', null])('refuses %j', (value) =>
    expect(ok(value)).toBe(false),
  )
})

describe('email', () => {
  const ok = accepts(email())
  const longest = `${'a'.repeat(64)}@${'b'.repeat(61)}.${'c'.repeat(61)}.${'d'.repeat(61)}.org`
  const addresses = [
    ...['a@b.org', 'A.b+c-d_e@sub.example.co', "o'neil@b.org", longest, 'a@b.c', 'a@1.2'],
    ...['a&b@c.org', 'x!y@c.org', 'x#y~z@c.org', '*@c.org', '{x}@c.org', 'a@xn--bcher-kva.example'],
  ]
  const noAddresses = [
    ...['', 'a', 'a@b', 'a@@b.org', '.a@b.org', 'a..b@c.org', 'a@b.org ', 'a@b.org\n', 'ü@b.org'],
    ...['a@b-.org', 'a@b.org.', 'a.@b.org', 'a"b@c.org', '"a"@b.org', 'a@b_c.org', 'a@b.ü'],
    ...[`a@${'b'.repeat(64)}.org`, '@b.org', 'a@b.org\n', 'a b@c.org', 'a,b@c.org'],
    ...['a@-b.org', 'a@b..org', '<a@b.org>', 'a@b.org,c@d.org', 'a@[127.0.0.1]'],
    ...[`${'a'.repeat(65)}@b.org`, `a@${`${'b'.repeat(60)}.`.repeat(5)}org`, 7],
  ]
  test.each(addresses)('takes %j', (value) => expect(ok(value)).toBe(true))
  test.each(noAddresses)('refuses %j', (value) => expect(ok(value)).toBe(false))

  test('is documented by a pattern that says the same', () => {
    const documented = new RegExp(emailPattern, 'u')
    const texts = [...addresses, ...noAddresses].map(String)
    // The length is documented beside the pattern.
    for (const value of texts.filter(({ length }) => length <= 254))
      expect(documented.test(value), value).toBe(ok(value))
  })

  test('takes no time that grows with hostile text', () => {
    const started = process.cpuUsage()
    for (const value of [
      `${'a.'.repeat(50_000)}@`,
      `a@${'a-'.repeat(50_000)}`,
      '@'.repeat(100_000),
    ])
      expect(ok(value)).toBe(false)
    const { user, system } = process.cpuUsage(started)
    expect((user + system) / 1000).toBeLessThan(400)
  })
})

describe('numbers', () => {
  test('are whole, or not', () => {
    expect([3, 120, 20.0].every(accepts(integer(3, 120)))).toBe(true)
    expect([2, 121, 3.5, '3', Number.NaN, null].some(accepts(integer(3, 120)))).toBe(false)
    expect([0, -0, 0.5, 1e-130, 9000].every(accepts(number(0, 9000)))).toBe(true)
    const refused = [-1, 9001, 1e-131, Number.POSITIVE_INFINITY, Number.NaN, '1', 1n]
    expect(refused.some(accepts(number(0, 9000)))).toBe(false)
  })

  test('are within what a double holds exactly', () => {
    expect(() => number(0, 2 ** 53)).toThrow('the range is too wide')
    expect(() => number(-(2 ** 53), 0)).toThrow('the range is too wide')
    expect(() => number(1, 0)).toThrow('or empty')
    expect(() => number(0, Number.NaN)).toThrow('or empty')
    expect(() => integer(0, 2 ** 53)).toThrow('bounds must be whole numbers')
    expect(() => integer(0.5, 2)).toThrow('bounds must be whole numbers')
  })

  test('tell the bound that was declared', () => {
    const { error } = object({ age: integer(3, 120) }).safeParse({ age: 2 ** 53 })
    expect(faults(error?.issues ?? [])).toEqual([
      { pointer: '/age', detail: 'must be at most 120' },
    ])
  })
})

describe('slug', () => {
  const ok = accepts(slug(5))
  test.each(['a', '-', '0-z', 'abcde'])('takes %j', (value) => expect(ok(value)).toBe(true))
  test.each(['', 'A', 'abcdef', 'a b', 'a/b', '~a', 'ä', 'a\n', 'a_b', '.', 1])(
    'refuses %j',
    (value) => expect(ok(value)).toBe(false),
  )
})

describe('id and time', () => {
  test('have one form', () => {
    const one = '01890000-0000-7000-8000-00000000000a'
    const others = [
      one.toUpperCase(),
      one.replace('-7', '-4'),
      one.replace('-8', '-c'),
      `${one} `,
      `{${one}}`,
    ]
    expect([one, ...others].map(accepts(id()))).toEqual([true, ...others.map(() => false)])
    const now = new Date().toISOString()
    const times = [now, now.replace('Z', '+00:00'), now.slice(0, -5), now.slice(0, 10)]
    expect(times.map(accepts(time()))).toEqual([true, false, false, false])
  })
})

describe('days and times', () => {
  test.each(['2026-11-26', '2024-02-29', '0000-01-01', '9999-12-31'])('a day is %s', (value) =>
    expect(accepts(date())(value)).toBe(true),
  )
  test.each([
    ...['2026-02-29', '2026-13-01', '2026-00-10', '2026-01-00', '2026-1-1', '26-01-01', ''],
    ...['2026-01-01T00:00:00.000Z', '2026-01-01 ', '+012026-01-01', '20260101', 20260101, null],
  ])('a day is not %j', (value) => expect(accepts(date())(value)).toBe(false))
  test.each([
    ...['2026-11-26T08:30:00Z', '2026-11-26T24:00:00.000Z', '2026-02-30T00:00:00.000Z'],
    ...['2026-11-26T08:30:60.000Z', '+012345-01-01T00:00:00.000Z', '2026-11-26t08:30:00.000z'],
  ])('a time is not %j', (value) => expect(accepts(dateTime())(value)).toBe(false))
})

describe('choices, objects, lists and forms', () => {
  const fee = object({
    amount: number(0, 100),
    currency: pattern(/^[A-Z]{3}$/, 3, 'three capital letters'),
    note: line(1, 100).optional(),
  })
  test('take what they are declared to', () => {
    expect(accepts(choice('a', 'b'))('b')).toBe(true)
    expect(accepts(choice('a', 'b'))('c')).toBe(false)
    expect([true, false, 'true', 0].map(accepts(boolean()))).toEqual([true, true, false, false])
    expect(accepts(fee)({ amount: 0.5, currency: 'EUR' })).toBe(true)
    expect(accepts(list(line(1, 3), 2))(['a', 'b'])).toBe(true)
  })
  test.each([/^a$/g, /^a$/i, /^a$/m, /^.$/s, /^a$/v, /^a$/y, /^a$/giu])(
    'a form has no flag that the documentation cannot say: %s',
    (form) => expect(() => pattern(form, 3, 'a')).toThrow(`pattern(${form}): leave its flags out`),
  )
  test.each([/^.$/, /^.$/u])('a form is of code points, as in the documentation: %s', (form) => {
    const ok = accepts(pattern(form, 3, 'one character'))
    expect(['🏔', 'a', 'ab'].map(ok)).toEqual([true, true, false])
  })
  test('tell every fault at its place, in words', () => {
    const declared = object({ fee, tags: list(line(1, 3), 2), kind: choice('a', 'b') })
    const sent = { fee: { amount: -1, currency: 'eur\n', x: 1 }, tags: ['', 'b', 'c'], kind: 'c' }
    expect(faults(declared.safeParse(sent).error?.issues ?? [])).toEqual([
      { pointer: '/fee/amount', detail: 'must be at least 0' },
      { pointer: '/fee/currency', detail: 'must be three capital letters' },
      { pointer: '/fee/x', detail: 'is not a known field' },
      { pointer: '/tags/0', detail: 'must have 1 to 3 characters' },
      { pointer: '/tags', detail: 'must have at most 2 elements' },
      { pointer: '/kind', detail: 'must be one of a, b' },
    ])
    const { error } = declared.safeParse({ fee, kind: 'a', tags: ['a', 1, 'b'] })
    expect(faults(error?.issues ?? [])).toContainEqual({
      pointer: '/tags',
      detail: 'must have at most 2 elements',
    })
    expect(faults(declared.safeParse({ tags: { length: 3 } }).error?.issues ?? [])).toContainEqual({
      pointer: '/tags',
      detail: 'must be of type array',
    })
  })
})
