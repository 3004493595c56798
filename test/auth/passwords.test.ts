import { dictionary } from '@zxcvbn-ts/language-common'
import bcrypt from 'bcryptjs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { newUser } from '../../functions/accounts/users.ts'
import { newPassword } from '../../functions/auth/passwords/password-rules.ts'
import {
  hashPassword,
  matchPassword,
  storedHash,
  verifyPassword,
} from '../../functions/auth/passwords/passwords.ts'
import { signup } from '../../functions/routes/signup-routes.ts'

beforeAll(() => vi.stubEnv('BCRYPT_COST', '4'))

const [composed, decomposed] = [
  'müll am strand'.normalize('NFC'),
  'müll am strand'.normalize('NFD'),
]
const long = 'п'.repeat(100)

describe('a hash', () => {
  test('is of the NFC form: both forms match', async () => {
    const hash = await hashPassword(decomposed)
    expect(await bcrypt.compare(composed, hash)).toBe(true)
    for (const form of [composed, decomposed])
      expect(await matchPassword(form, hash)).toBe('current')
  })

  test('that is older matches the password as it was sent, and is to be renewed', async () => {
    const hash = await bcrypt.hash(decomposed, 4)
    expect(await matchPassword(decomposed, hash)).toBe('outdated')
    expect(await matchPassword(composed, hash)).toBeUndefined()
    expect(await matchPassword(composed, await bcrypt.hash(composed, 5))).toBe('outdated')
  })

  test('of a long password is of all of it, and is marked', async () => {
    const hash = await hashPassword(long)
    expect(hash).toMatch(/^sha384\$2b\$04\$/)
    expect(await verifyPassword(long, hash)).toBe(true)
    expect(await verifyPassword(`${long.slice(0, -1)}x`, hash)).toBe(false)
    expect(await verifyPassword(long.slice(0, 36), hash)).toBe(false)
  })

  test('of the beginning of a long password does not match it', async () => {
    expect(await verifyPassword(long, await bcrypt.hash(long.slice(0, 36), 4))).toBe(false)
  })

  test.each([composed, decomposed, long])(
    'costs as much work where there is none',
    async (sent) => {
      const compare = vi.spyOn(bcrypt, 'compare')
      const work = async (hash: string | undefined) => {
        compare.mockClear()
        await verifyPassword(sent, hash)
        return compare.mock.calls.length
      }
      const counts = [
        await work(undefined),
        await work(await hashPassword('another password')),
        await work(await hashPassword(`${long}x`)),
      ]
      compare.mockRestore()
      expect(counts[0]).toBeGreaterThan(0)
      expect(new Set(counts).size).toBe(1)
    },
  )
})

const notOne = 'must be a bcrypt hash of cost 4 to 14'
const tail = 'abcdefghijklmnopqrstuuEkLGyVvQ2l6T3X5LxM8oG2oUO6WbN1O'
test.each([
  [
    'a cost above the stage',
    `$2b$14$${tail}`,
    'is of cost 14, and the stage takes 4 at most: raise its bcryptCost first',
  ],
  ['a cost that no stage can have', `$2b$15$${tail}`, notOne],
  ['a cost that bcrypt has not', `$2b$03$${tail}`, notOne],
  ['a salt that bcrypt does not write', `$2b$04$${tail.replace('uu', 'uv')}`, notOne],
  ['no bcrypt', 'pbkdf2_sha256$1$x$y', notOne],
])('an import refuses %s', (_, hash, why) => {
  expect(storedHash().safeParse(hash).error?.issues).toMatchObject([{ message: why }])
})

test('an import takes what bcrypt writes, under any of its names', async () => {
  const hash = await bcrypt.hash('correct horse', 4)
  for (const name of ['$2a$', '$2b$', '$2y$'])
    expect(storedHash().parse(name + hash.slice(4))).toBe(hash)
  const marked = await hashPassword(long)
  expect(storedHash().parse(marked)).toBe(marked)
})

test.each([
  ['a1', false],
  ['sevench', false],
  ['correct horse battery', true],
  ['ж'.repeat(256), true],
  ['ж'.repeat(257), false],
  ['e\u0301'.repeat(256), true],
  ['\u0344'.repeat(5000), false],
  ['password', false],
  ['...Password123!', false],
  ['1234567890', false],
  ['1234567890-2024', false],
  ['!2024 * 1234567890', false],
  ['4821-7750-3391', true],
  ['abc123!!??', false],
  ['my dragon sleeps', true],
])('"%s" may be set: %s', (password, expected) => {
  expect(newPassword().safeParse(password).success).toBe(expected)
})

test('one that is too long is not even normalized, by no rule', () => {
  const normalize = vi.spyOn(String.prototype, 'normalize')
  const password = `a${'\u0301'.repeat(25_000)}${'\u0316'.repeat(25_000)}`
  for (const body of [signup.body(), newUser()]) {
    const { error } = body.safeParse({ username: 'quillfeather', password })
    expect(error?.issues.map(({ path }) => path)).toEqual([['password']])
  }
  const lengths = normalize.mock.contexts.map((text) => String(text).length)
  normalize.mockRestore()
  expect(Math.max(0, ...lengths)).toBeLessThan(1000)
})

test('a stage may ask for more characters', () => {
  vi.stubEnv('PASSWORD_MINIMUM', '15')
  expect(newPassword().safeParse('fourteen chars').success).toBe(false)
  expect(newPassword().safeParse('fifteen charss!').success).toBe(true)
  vi.stubEnv('PASSWORD_MINIMUM', undefined)
})

test('every password of the list is refused, and what only begins like one is not', () => {
  const listed = (dictionary['passwords-common'] as string[]).slice(0, 20_000)
  const short = listed
    .filter((one) => /^\p{L}.{3,5}\p{L}$/u.test(one))
    .map((one) => one.padEnd(8, '.'))
  const sent = [...listed.filter((one) => one.length >= 8), ...short]
  expect(sent.length).toBeGreaterThan(10_000)
  expect(sent.filter((one) => newPassword().safeParse(one).success)).toEqual([])
  const taken = ['passwordish', 'qwertz and others', 'dragonflies at dusk', 'letters of mine']
  expect(taken.filter((one) => !newPassword().safeParse(one).success)).toEqual([])
})
