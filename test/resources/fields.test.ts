import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { email, id, integer, line, number, slug, text, time } from '../../functions/model/fields.ts'

const accepts = (schema: z.ZodType) => (value: unknown) => schema.safeParse(value).success
const anyText = fc.string({ unit: 'binary', maxLength: 40 })

describe('line', () => {
  const ok = accepts(line(1, 10))
  test.each(['a', ' a ', '🏔'.repeat(10), 'e\u0301', '\u200d', "'"])('takes %j', (value) =>
    expect(ok(value)).toBe(true),
  )
  test.each([
    '',
    ' ',
    '\u00a0',
    '\u3000 ',
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
        const fits = points >= 2 && points <= 20 && /\S/.test(value) && !/\p{Cc}/u.test(value)
        return parsed.success === fits && (!fits || parsed.data === value)
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  test('names all faults of a value', () => {
    const { error } = line(5, 10).safeParse(' \n')
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'must have 5 to 10 characters',
      'must contain a character that is not blank',
      'must not contain control characters',
    ])
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
  test.each(['a@b.org', 'A.b+c-d_e@sub.example.co', "o'neil@b.org", longest])('takes %j', (value) =>
    expect(ok(value)).toBe(true),
  )
  test.each([
    ...['', 'a', 'a@b', 'a@@b.org', '.a@b.org', 'a..b@c.org', 'a@b.org ', 'a@b.org\n', 'ü@b.org'],
    ...['a@-b.org', 'a@b..org', '<a@b.org>', 'a@b.org,c@d.org', 'a@[127.0.0.1]'],
    ...[`${'a'.repeat(65)}@b.org`, `a@${`${'b'.repeat(60)}.`.repeat(5)}org`, 7],
  ])('refuses %j', (value) => expect(ok(value)).toBe(false))

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
    expect(() => number(0, 2 ** 53)).toThrow('The range is too wide')
    expect(() => number(-(2 ** 53), 0)).toThrow('The range is too wide')
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
