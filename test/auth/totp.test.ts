import { describe, expect, test } from 'vitest'
import { base32 } from '../../functions/auth/factors/base32.ts'
import { codeOf, matchingStep, stepAt } from '../../functions/auth/factors/totp.ts'

const secret = Buffer.from('12345678901234567890')

describe('codes of an authenticator app', () => {
  // RFC 6238, appendix B, SHA-1: its eight digits end with the six of ours.
  test.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('are those of RFC 6238 at %i s', (seconds, digits) => {
    expect(codeOf(secret, stepAt(seconds * 1000))).toBe(digits.slice(2))
  })

  // RFC 4226, appendix D.
  test('are those of RFC 4226', () => {
    const counted = Array.from({ length: 10 }, (_, step) => codeOf(secret, step))
    expect(counted.join(' ')).toBe(
      '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489',
    )
  })

  const now = 1_800_000_000_000
  const present = stepAt(now)

  test('count in their step and the next, and at no other time', () => {
    const found = [-2, -1, 0, 1, 2].map((offset) =>
      matchingStep(secret, codeOf(secret, present + offset), 0, now),
    )
    expect(found).toEqual([undefined, present - 1, present, undefined, undefined])
  })

  test('count once, and none of before counts after it', () => {
    const [code, before] = [codeOf(secret, present), codeOf(secret, present - 1)]
    expect(matchingStep(secret, code, present - 1, now)).toBe(present)
    expect(matchingStep(secret, code, present, now)).toBeUndefined()
    expect(matchingStep(secret, before, present - 1, now)).toBeUndefined()
    // The clock is set back.
    expect(matchingStep(secret, code, present, now - 30_000)).toBeUndefined()
  })

  test.each(['', '12345', '1234567', 'abcdef'])('are no %j', (code) => {
    expect(matchingStep(secret, code, 0, now)).toBeUndefined()
  })
})

test('Base32 is that of RFC 4648, section 10', () => {
  expect(base32(Buffer.from('fooba'))).toBe('MZXW6YTB')
  expect(base32(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))).toBe('77777777')
  expect(base32(secret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
})
