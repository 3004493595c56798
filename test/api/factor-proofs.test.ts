import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/routes/registry.ts'
import {
  configured,
  dump,
  inParallel,
  itemsOf,
  repetitions,
  securityEvents,
  times,
} from '../auth/support.ts'
import { withoutTime } from '../time.ts'
import { decoded, enrolled, type Factor, shownCode, wrongCode } from './authenticator.ts'
import { type Answer, type Api, type Person, password, unique, useApi } from './harness.ts'
import { linkTo, withAddress } from './mails.ts'

const login = 'POST /api/v1/auth/login'
const loginFactor = 'POST /api/v1/auth/login/factor'

type Enrolled = Person & Factor

async function enrol(api: Api): Promise<Enrolled> {
  const user = await api.signUp()
  return { ...user, ...(await enrolled(api, user.token)) }
}

async function challengeOf(api: Api, { username }: Person): Promise<string> {
  const { body } = await api.call(login, { body: { username, password } })
  expect(body.code).toBe('second_factor_required')
  return body.challenge
}

/** How many sessions a user has, as they are stored. */
async function sessionCount(api: Api, { id }: Pick<Person, 'id'>): Promise<number> {
  const rows = await itemsOf(api, 'sessions')
  // Factors and keys lie beside them; only a session's id is a UUID alone.
  return rows.filter(
    ({ userId, sessionId }) => userId?.S === id && /^[\da-f]{8}-/.test(sessionId?.S ?? ''),
  ).length
}

describe('where nothing but the code bounds the tries', () => {
  const api = useApi(() => ({
    assembly: configured({
      BCRYPT_COST: '4',
      FACTOR_BUDGET: '9999/900',
      FACTOR_DAY_BUDGET: '9999/900',
    }),
  }))

  test('one code begins one session, however many try it at once', async () => {
    const user = await enrol(api)
    for (const _ of times(repetitions(5, 1), String)) {
      const tries = repetitions(500, 25)
      const challenges = await inParallel(times(tries, String), 8, () => challengeOf(api, user))
      const before = await sessionCount(api, user)
      const code = shownCode(api, user.secret)
      const answers = await Promise.all(
        challenges.map((challenge) => api.call(loginFactor, { body: { challenge, code } })),
      )
      const statuses = answers.map(({ status }) => status).sort()
      expect(statuses).toEqual([200, ...times(tries - 1, () => 401)])
      expect(await sessionCount(api, user)).toBe(before + 1)
      api.runner.clock.advance(30_000)
    }
  })

  test('no step counts twice when the clock is set back', async () => {
    const user = await enrol(api)
    api.runner.clock.advance(300_000)
    const [previous, present] = [shownCode(api, user.secret, -1), shownCode(api, user.secret)]
    const tried = async (code: string) => {
      const challenge = await challengeOf(api, user)
      return (await api.call(loginFactor, { body: { challenge, code } })).status
    }
    expect(await tried(present)).toBe(200)
    for (const back of [30_000, 30_000, 60_000]) {
      api.runner.clock.advance(-back)
      for (const code of [
        present,
        previous,
        shownCode(api, user.secret),
        shownCode(api, user.secret, -1),
      ])
        expect(await tried(code)).toBe(401)
    }
    api.runner.clock.advance(150_000)
    expect(await tried(shownCode(api, user.secret))).toBe(200)
  })
})

describe('the second factor', () => {
  const api = useApi(() => ({ assembly: configured({ BCRYPT_COST: '4' }) }))

  test('is looked at ten times of any number of wrong codes, and a known device gets in', async () => {
    const user = await enrol(api)
    const first = { challenge: await challengeOf(api, user), code: shownCode(api, user.secret) }
    const { body: tokens } = await api.call(loginFactor, { body: first })
    api.runner.clock.advance(30_000)
    const challenge = await challengeOf(api, user)
    const code = wrongCode(api, user.secret)
    const count = repetitions(500, 30)
    const tries = times(count, () => api.call(loginFactor, { body: { challenge, code } }))
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort()
    expect(statuses).toEqual([...times(10, () => 401), ...times(count - 10, () => 429)])
    const failed = securityEvents(api).filter(
      ({ event, userId }) => event === 'factor_failed' && userId === user.id,
    )
    expect(failed).toHaveLength(10)
    const { device_token } = tokens
    const owner = { challenge, code: shownCode(api, user.secret), device_token }
    expect((await api.call(loginFactor, { body: owner })).status).toBe(200)
  })

  /** Somebody with a factor, and what they had before it. */
  async function someone() {
    const before = await withAddress(api)
    const { username } = before
    const { headers } = await api.call(login, { body: { username, password, cookie: true } })
    const cookie = /__Host-refresh=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0] ?? ''
    const { body: key } = await api.call('POST /api/v1/auth/keys', {
      token: before.token,
      body: { name: 'a key', scope: 'pupils:read' },
    })
    const fresh = await api.signIn(username, password)
    const factor = await enrolled(api, fresh.token)
    const { body } = await api.call(login, { body: { username, password } })
    const challenge = body.challenge as string
    expect(cookie).not.toBe('')
    expect(key.key).toMatch(/^pk_/)
    expect(challenge).toEqual(expect.any(String))
    return { ...before, ...factor, token: fresh.token, before, cookie, key, challenge }
  }
  type Someone = Awaited<ReturnType<typeof someone>>
  type Ways = Readonly<Record<string, (user: Someone) => Promise<Answer>>>

  const form = (fields: Readonly<Record<string, string>>) => ({
    body: new URLSearchParams(fields).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  const basic = (name: string, secret: string) => ({
    headers: { Authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` },
  })
  const refresh = 'POST /api/v1/auth/refresh'
  const token = 'POST /api/v1/auth/token'
  const other = 'another password altogether'

  /** Logins by the right password. */
  const byPassword: Ways = {
    'the name': ({ username }) => api.call(login, { body: { username, password } }),
    'the address': ({ email }) => api.call(login, { body: { email, password } }),
    Basic: ({ username }) => api.call(login, basic(username, password)),
    'a cookie': ({ username }) => api.call(login, { body: { username, password, cookie: true } }),
    'few scopes': ({ username }) =>
      api.call(login, { body: { username, password, scope: 'pupils:read' } }),
    'a device of before': ({ username, before: { deviceToken } }) =>
      api.call(login, { body: { username, password, device_token: deviceToken } }),
    'a password of the operator': async ({ username }) => {
      await api.runner.invoke('admin', { command: 'set-password', username, password: other })
      return api.call(login, { body: { username, password: other } })
    },
    'a reset by mail': async ({ username, email }) => {
      await api.call('POST /api/v1/auth/password/forgot', { body: { email } })
      const link = (await linkTo(api, email, /new password/)).get('token')
      const body = { token: link, newPassword: other }
      const reset = await api.call('POST /api/v1/auth/password/reset', { body })
      expect([reset.status, reset.text]).toEqual([204, ''])
      return api.call(login, { body: { username, password: other } })
    },
    'a new name': async ({ id }) => {
      const username = unique('renamed')
      const { token } = await api.signIn('admin', password)
      await api.call(`PATCH /api/v1/users/${id}`, { token, body: { username } })
      return api.call(login, { body: { username, password } })
    },
    'another role': async ({ id, username }) => {
      const { token } = await api.signIn('admin', password)
      await api.call(`PATCH /api/v1/users/${id}`, { token, body: { role: 'editor' } })
      return api.call(login, { body: { username, password } })
    },
    'disabled and enabled': async ({ username }) => {
      for (const command of ['disable-user', 'enable-user'])
        await api.runner.invoke('admin', { command, username })
      return api.call(login, { body: { username, password } })
    },
  }

  /** Every other way in that is not the factor itself. */
  const otherwise: Ways = {
    'a challenge alone': ({ challenge }) => api.call(loginFactor, { body: { challenge } }),
    'a challenge and an empty code': ({ challenge }) =>
      api.call(loginFactor, { body: { challenge, code: '' } }),
    'a refresh token of before': ({ before: { refreshToken } }) =>
      api.call(refresh, { body: { refresh_token: refreshToken } }),
    'a refresh cookie of before': ({ cookie }) =>
      api.call(refresh, { headers: { Cookie: cookie } }),
    'a challenge as a refresh token': ({ challenge }) =>
      api.call(refresh, { body: { refresh_token: challenge } }),
    'a challenge as a cookie': ({ challenge }) =>
      api.call(refresh, { headers: { Cookie: `__Host-refresh=${challenge}` } }),
    'the token endpoint, by a token of before': ({ before: { refreshToken } }) =>
      api.call(token, form({ grant_type: 'refresh_token', refresh_token: refreshToken })),
    'the token endpoint, by a challenge': ({ challenge }) =>
      api.call(token, form({ grant_type: 'refresh_token', refresh_token: challenge })),
    'the token endpoint, by a password': ({ username }) =>
      api.call(token, form({ grant_type: 'password', username, password })),
    'an API key of before': ({ key }) => api.call('GET /api/v1/auth/keys', { token: key.key }),
    'a challenge as a token': ({ challenge }) =>
      api.call('GET /api/v1/private', { token: challenge }),
    'an access token of before': ({ before }) =>
      api.call('GET /api/v1/private', { token: before.token }),
    'a signup by the same address': async ({ email }) => {
      await api.call('POST /api/v1/auth/signup', {
        body: { username: unique(), password: other, email },
      })
      return api.call(login, { body: { email, password: other } })
    },
  }

  const ways: Ways = { ...byPassword, ...otherwise }

  test.each(Object.keys(ways))('is owed by: %s', async (name) => {
    const user = await someone()
    const before = await sessionCount(api, user)
    const answer = await ways[name]?.(user)
    expect(answer?.status).toBeGreaterThanOrEqual(400)
    if (name in byPassword) expect(answer?.body.code).toBe('second_factor_required')
    expect(answer?.text).not.toMatch(/"(?:access|refresh|device)_token"/)
    expect(answer?.headers.get('set-cookie') ?? '').not.toMatch(/__Host-refresh=[^;]/)
    expect(await sessionCount(api, user)).toBeLessThanOrEqual(before)
    expect(before).toBe(1)
  })

  test('is owed by an account without an address whose password an admin sets', async () => {
    const user = await enrol(api)
    const admin = await api.signIn('admin', password)
    const path = `POST /api/v1/users/${user.id}/password`
    const set = await api.call(path, { token: admin.token, body: { newPassword: other } })
    expect(set.status).toBe(204)
    const answer = await api.call(login, { body: { username: user.username, password: other } })
    expect([answer.status, answer.body.code]).toEqual([401, 'second_factor_required'])
    expect(await sessionCount(api, user)).toBe(0)
  })

  test('the ways are all that the API has: no other route answers with a token', () => {
    const giving = routes.filter(({ response }) => {
      const { shape = {} } = (response.body?.() ?? {}) as { shape?: object }
      return 'access_token' in shape
    })
    const names = giving.map(({ operationId }) => operationId).sort()
    expect(names).toEqual(['login', 'loginFactor', 'refresh', 'token'])
  })

  test('what only a fresh session may do, it may for 599 seconds, and not after 601', async () => {
    const fresh = routes.filter((route) => route.fresh)
    expect(fresh.length).toBeGreaterThanOrEqual(6)
    for (const [after, refused] of [
      [599_000, false],
      [601_000, true],
    ] as const) {
      await withoutTime(api.runner.clock, async () => {
        const user = await api.signUp()
        api.runner.clock.advance(after)
        for (const { method, path } of fresh) {
          const { body } = await api.call(`${method} ${path.replace(/\{\w+\}/, 'x')}`, {
            token: user.token,
            body: {},
          })
          expect(body?.code === 'reauthentication_required', `${method} ${path}`).toBe(refused)
        }
      })
    }
  })

  test('is in no table and no log, whole or in another form', async () => {
    const user = await enrol(api)
    const challenge = await challengeOf(api, user)
    const code = shownCode(api, user.secret)
    const [recoveryCode = ''] = user.recoveryCodes
    expect((await api.call(loginFactor, { body: { challenge, code } })).status).toBe(200)
    const bytes = decoded(user.secret)
    const stored = JSON.stringify(await dump(api))
    const logs = api.logs.join('\n')
    const forms = [
      ...[
        user.secret,
        challenge,
        ...user.recoveryCodes,
        ...user.recoveryCodes.map((one) => one.toLowerCase()),
      ],
      ...(['hex', 'base64', 'base64url'] as const).map((form) => bytes.toString(form)),
    ]
    for (const text of forms) {
      expect(stored).not.toContain(text)
      expect(logs).not.toContain(text)
    }
    // Nothing that is stored is taken for a code or a challenge.
    const macs = [...new Set(stored.match(/[\w-]{43}/g))].slice(0, repetitions(500, 8))
    expect(macs.length).toBeGreaterThan(0)
    for (const text of macs) {
      const again = await challengeOf(api, user)
      const { status } = await api.call(loginFactor, {
        body: { challenge: again, recoveryCode: text },
      })
      expect([401, 422, 429]).toContain(status)
      expect(
        (await api.call(loginFactor, { body: { challenge: text, recoveryCode } })).status,
      ).toBe(401)
    }
  })
})
