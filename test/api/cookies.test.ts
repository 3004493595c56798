import { afterAll, describe, expect, test } from 'vitest'
import { synthesize } from '../assembly.ts'
import { expectCleanLogs, refreshed, statusOf } from '../auth/support.ts'
import { testStage } from '../stage.ts'
import { type Answer, password, useApi } from './harness.ts'

const app = 'https://app.example.org'
const stranger = 'https://app.example.org.evil.example'

const api = useApi(async () => ({
  assembly: await synthesize({ ...testStage, allowedOrigins: [app] }),
}))
afterAll(() => expectCleanLogs(api, [password]))

type Headers = Readonly<Record<string, string>>
const browser = { Origin: app, 'Sec-Fetch-Site': 'same-site' }

/** The value of the cookie that an answer sets; empty where it is cleared. */
function cookieOf({ headers }: Answer): string | undefined {
  return /^__Host-refresh=([^;]*)/.exec(headers.get('set-cookie') ?? '')?.[1]
}

function withCookie(value: string | undefined, headers: Headers = browser): Headers {
  return { ...headers, Cookie: `theme=dark; __Host-refresh=${value}; other=1` }
}

async function signedIn(headers: Headers = browser) {
  const { username } = await api.signUp()
  const body = { username, password, cookie: true }
  const answer = await api.call('POST /api/v1/auth/login', { body, headers })
  expect(answer.status).toBe(200)
  return { answer, username, cookie: cookieOf(answer) ?? '', token: answer.body.access_token }
}

const refresh = (headers: Headers) => api.call('POST /api/v1/auth/refresh', { headers })

describe('a session with a cookie', () => {
  test('has its refresh token there, for this host alone, and in no body', async () => {
    const before = Date.now()
    const { answer, cookie, token } = await signedIn()
    const passed = Math.ceil((Date.now() - before) / 1000)
    const set = answer.headers.get('set-cookie') ?? ''
    expect(set.split('; ').slice(1).sort()).toEqual([
      'HttpOnly',
      expect.stringMatching(/^Max-Age=\d+$/),
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ])
    // The session began before the answer was made: a second may have ended in between.
    const [, seconds] = /Max-Age=(\d+)/.exec(set) ?? []
    const unused = 30 * 24 * 60 * 60 - Number(seconds)
    expect(unused).toBeGreaterThanOrEqual(0)
    expect(unused).toBeLessThanOrEqual(passed)
    expect(Object.keys(answer.body)).not.toContain('refresh_token')
    expect(answer.text).not.toContain(cookie)
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
    expect(await statusOf(api, token)).toBe(200)
    const next = await refresh(withCookie(cookie))
    expect([next.status, Object.keys(next.body)]).toEqual([
      200,
      expect.not.arrayContaining(['refresh_token']),
    ])
    const successor = cookieOf(next)
    expect(successor).not.toBe(cookie)
    expect(await statusOf(api, next.body.access_token)).toBe(200)
    // Two tabs refresh at once; what was used too long ago ends the session.
    expect(cookieOf(await refresh(withCookie(cookie)))).toBe(successor)
    api.runner.clock.advance(31_000)
    expect((await refresh(withCookie(cookie))).status).toBe(401)
    expect((await refresh(withCookie(successor))).status).toBe(401)
  })

  test('has a refresh token that counts in no body, and at no endpoint of OAuth', async () => {
    const { cookie, token } = await signedIn()
    expect((await refreshed(api, cookie)).body.code).toBe('invalid_grant')
    const form = (fields: Record<string, string>, headers = {}) => ({
      body: new URLSearchParams(fields).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    })
    const grant = { grant_type: 'refresh_token' }
    const asked = form({ ...grant, refresh_token: cookie })
    expect((await api.call('POST /api/v1/auth/token', asked)).body.error).toBe('invalid_grant')
    const bare = form(grant, withCookie(cookie))
    expect((await api.call('POST /api/v1/auth/token', bare)).body.error).toBe('invalid_request')
    await api.call('POST /api/v1/auth/revoke', form({ token: cookie }))
    expect(await statusOf(api, token)).toBe(200)
    const { refreshToken } = await api.signUp()
    expect((await refresh(withCookie(refreshToken))).status).toBe(401)
  })

  test('is ended, and its cookie cleared, by logging out', async () => {
    const { token } = await signedIn()
    const answer = await api.call('POST /api/v1/auth/logout', { token, headers: browser })
    expect([answer.status, cookieOf(answer)]).toEqual([204, ''])
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0')
    expect(await statusOf(api, token)).toBe(401)
    const person = await api.signUp()
    const plain = await api.call('POST /api/v1/auth/logout', { token: person.token })
    expect(plain.headers.get('set-cookie')).toBeNull()
  })

  test('is ended by a login, and by a logout of another session, that bring its cookie', async () => {
    const [first, second] = [await signedIn(), await signedIn()]
    const headers = withCookie(first.cookie)
    const body = { username: first.username, password, cookie: true }
    const third = await api.call('POST /api/v1/auth/login', { body, headers })
    expect(third.status).toBe(200)
    expect(await statusOf(api, first.token)).toBe(401)
    const other = await api.signUp()
    const leaving = { token: other.token, headers: withCookie(second.cookie) }
    expect(cookieOf(await api.call('POST /api/v1/auth/logout', leaving))).toBe('')
    for (const token of [second.token, other.token]) expect(await statusOf(api, token)).toBe(401)
    expect(await statusOf(api, third.body.access_token)).toBe(200)
  })

  test('is ended, and its cookie cleared, by a key that logs out and brings it', async () => {
    const { token, cookie } = await signedIn()
    const made = await api.call('POST /api/v1/auth/keys', {
      token,
      body: { name: 'a script', scope: 'users:read' },
    })
    const headers = withCookie(cookie)
    const answer = await api.call('POST /api/v1/auth/logout', { token: made.body.key, headers })
    expect([answer.status, cookieOf(answer)]).toEqual([204, ''])
    expect(await statusOf(api, token)).toBe(401)
  })

  test('wants a cookie or a body', async () => {
    expect((await refresh(browser)).body.code).toBe('invalid_grant')
    expect((await refresh({})).status).toBe(401)
  })
})

describe('origins', () => {
  test.each([stranger, 'null', 'http://app.example.org', `${app}:8443`])(
    '%s gets nothing, and uses nothing up',
    async (Origin) => {
      const { cookie, token, username } = await signedIn()
      const headers = { Origin, 'Sec-Fetch-Site': 'cross-site' }
      const body = { username, password, cookie: true }
      const refused = [
        await refresh(withCookie(cookie, headers)),
        await refresh(headers),
        await api.call('POST /api/v1/auth/login', { body, headers }),
        await api.call('POST /api/v1/auth/login', {
          body: { username, password },
          headers: withCookie(cookie, headers),
        }),
        await api.call('POST /api/v1/auth/logout', { token, headers: withCookie(cookie, headers) }),
      ]
      for (const answer of refused) {
        expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
        expect(answer.headers.get('set-cookie')).toBeNull()
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      }
      expect(await statusOf(api, token)).toBe(200)
      expect((await refresh(withCookie(cookie))).status).toBe(200)
    },
  )

  test('the API’s own is allowed', async () => {
    const own = { Origin: api.runner.origin, 'Sec-Fetch-Site': 'same-origin' }
    const { cookie } = await signedIn(own)
    expect((await refresh(withCookie(cookie, own))).status).toBe(200)
  })

  test('without an origin a cookie counts where the browser says same-origin, or nothing', async () => {
    for (const [site, status] of [
      ['same-origin', 200],
      ['cross-site', 401],
      ['same-site', 401],
      ['none', 401],
    ] as const) {
      const { cookie } = await signedIn({})
      const answer = await refresh(withCookie(cookie, { 'Sec-Fetch-Site': site }))
      expect([site, answer.status]).toEqual([site, status])
    }
    const { cookie } = await signedIn({})
    expect((await refresh(withCookie(cookie, {}))).status).toBe(200)
  })

  test('preflights of an allowed origin say that credentials are', async () => {
    const headers = { Origin: app, 'Access-Control-Request-Method': 'POST' }
    const answer = await api.call('OPTIONS /api/v1/auth/refresh', { headers })
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
    const refused = await api.call('GET /api/v1/private', { headers: { Origin: app } })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('access-control-allow-credentials')).toBeNull()
  })
})

test('where there is a body, credentials in the header are not looked at', async () => {
  const { username } = await api.signUp()
  const body = { username, password }
  const headers = { Authorization: 'Basic bm9ib2R5Om5vdGhpbmc=' }
  expect((await api.call('POST /api/v1/auth/login', { body, headers })).status).toBe(200)
})
