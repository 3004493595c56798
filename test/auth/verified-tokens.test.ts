import { randomUUIDv7 } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { tokenCache } from '../../functions/auth/tokens/token-cache.ts'
import {
  type AccessClaims,
  type Expectation,
  generateKey,
  type KeyRecord,
  publicPart,
  signAccessToken,
  verifyAccessToken,
} from '../../functions/auth/tokens/tokens.ts'

const expectation: Expectation = { issuer: 'https://one', audience: 'api' }
const verify = vi.spyOn(crypto.subtle, 'verify')
const [user, session] = [randomUUIDv7(), randomUUIDv7()]
let signing: KeyRecord
let key: KeyRecord

beforeAll(async () => {
  signing = await generateKey('ES256')
  key = publicKey(signing)
})
afterEach(() => {
  vi.useRealTimers()
})

function publicKey(key: KeyRecord): KeyRecord {
  return { ...key, jwk: publicPart(key.jwk) }
}

function sign(changes: Partial<AccessClaims> = {}): Promise<string> {
  return signAccessToken(signing, {
    iss: expectation.issuer,
    aud: expectation.audience,
    client_id: 'api',
    sub: user,
    sid: session,
    auth_time: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 60,
    scope: 'account',
    role: 'member',
    ...changes,
  })
}

/** A token that has been seen. */
async function seen(): Promise<string> {
  const token = await sign()
  await verifyAccessToken(token, key, expectation)
  return token
}

describe('a token that was verified before', () => {
  test('is not verified again', async () => {
    const token = await seen()
    verify.mockClear()
    const claims = await verifyAccessToken(token, key, expectation)
    expect(claims).toMatchObject({ sub: user, sid: session })
    expect(verify).not.toHaveBeenCalled()
  })

  test('is refused from its expiry on, to the millisecond', async () => {
    const token = await seen()
    const { exp } = await verifyAccessToken(token, key, expectation)
    vi.setSystemTime(exp * 1000 - 1)
    await verifyAccessToken(token, key, expectation)
    vi.setSystemTime(exp * 1000)
    await expect(verifyAccessToken(token, key, expectation)).rejects.toThrow()
  })

  test('is refused when its key id means another key now', async () => {
    const token = await seen()
    const other = { ...publicKey(await generateKey('ES256')), kid: key.kid }
    await expect(verifyAccessToken(token, other, expectation)).rejects.toThrow()
  })

  test.each([{ issuer: 'https://two' }, { audience: 'another' }])(
    'is refused by %o',
    async (other) => {
      const token = await seen()
      const found = verifyAccessToken(token, key, { ...expectation, ...other })
      await expect(found).rejects.toThrow()
    },
  )

  test('says nothing of a token that differs in one character', async () => {
    const token = await seen()
    const [head, payload = '', signature = ''] = token.split('.')
    const forged = [
      `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `${head}.${payload.slice(0, -1)}${payload.endsWith('A') ? 'B' : 'A'}.${signature}`,
    ]
    for (const text of forged)
      await expect(verifyAccessToken(text, key, expectation)).rejects.toThrow()
  })
})

test('a token that was refused is refused again, its signature computed anew', async () => {
  const token = await sign({ iss: 'https://two' })
  await expect(verifyAccessToken(token, key, expectation)).rejects.toThrow()
  verify.mockClear()
  await expect(verifyAccessToken(token, key, expectation)).rejects.toThrow()
  expect(verify).toHaveBeenCalledOnce()
})

test('a cache remembers as many tokens as it is told, the latest', () => {
  const { recall, remember } = tokenCache<number>(1000)
  for (let count = 0; count < 1001; count++) remember(`token ${count}`, count)
  expect(recall('token 0')).toBeUndefined()
  expect(recall('token 1')).toBe(1)
  expect(recall('token 1000')).toBe(1000)
})
