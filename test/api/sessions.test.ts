import { afterAll, describe, expect, test } from 'vitest'
import {
  expectCleanLogs,
  inParallel,
  itemsOf,
  refreshed,
  securityEvents,
  sendFrom,
  sessionsOf,
  statusOf,
  times,
} from '../auth/support.ts'
import { type Person, password, unique, useApi } from './harness.ts'

const path = '/api/v1/auth/sessions'
const day = 24 * 60 * 60 * 1000

const api = useApi()
afterAll(() => expectCleanLogs(api, [password]))

/** Signed in anew: the tests move the clock by weeks. */
const admin = () => api.signIn(api.admin.username, password)

const list = async ({ token }: Person) => (await api.call(`GET ${path}`, { token })).body

describe('the list of sessions', () => {
  test('tells device, address and times, newest first, and which one is this', async () => {
    const first = await api.signUp()
    const body = { username: first.username, password }
    const headers = { 'User-Agent': 'Lynx/2.9' }
    await api.call('POST /api/v1/auth/login', { body, headers })
    api.runner.clock.advance(1000)
    const third = await api.signIn(first.username, password)
    const { items, nextCursor } = await list(third)
    expect(nextCursor).toBeNull()
    expect(items.map(({ id }: { id: string }) => id)[0]).toBe(third.sessionId)
    expect(items.map(({ current }: { current: boolean }) => current)).toEqual([true, false, false])
    expect(items[1]).toMatchObject({ userAgent: 'Lynx/2.9', ip: '127.0.0.1' })
    const { createdAt, lastUsedAt, expiresAt } = items[0]
    expect(lastUsedAt).toBe(createdAt)
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBeCloseTo(30 * day, -4)
  })

  test('is paged as every list is', async () => {
    const first = await api.signUp()
    for (let count = 0; count < 3; count++) await api.signIn(first.username, password)
    const all = (await list(first)).items
    const walked = []
    let next = `${path}?limit=3`
    while (next) {
      const answer = await api.call(`GET ${next}`, { token: first.token })
      walked.push(...answer.body.items)
      next = /<(.*)>/.exec(answer.headers.get('link') ?? '')?.[1] ?? ''
    }
    expect(walked).toEqual(all)
    for (const query of ['limit=0', 'cursor=x', 'page=2'])
      expect((await api.call(`GET ${path}?${query}`, { token: first.token })).status).toBe(400)
  })

  test('a refresh is a use, and moves the end', async () => {
    const person = await api.signUp()
    const [before] = (await list(person)).items
    api.runner.clock.advance(600_000)
    expect((await refreshed(api, person.refreshToken)).status).toBe(200)
    const [after] = (await list(person)).items
    expect(after.createdAt).toBe(before.createdAt)
    for (const time of ['lastUsedAt', 'expiresAt'])
      expect(Date.parse(after[time]) - Date.parse(before[time])).toBeGreaterThanOrEqual(599_000)
  })

  test('tells where a session was used last, and a repeated refresh from elsewhere is an event', async () => {
    const person = await api.signUp()
    const at = `${api.runner.origin}/api/v1/auth/refresh`
    const body = { refresh_token: person.refreshToken }
    expect((await list(person)).items[0]).toMatchObject({ ip: '127.0.0.1', lastIp: '127.0.0.1' })
    await sendFrom('127.0.0.2', at, body, { 'User-Agent': 'Lynx/3' })
    const place = { ip: '127.0.0.1', lastIp: '127.0.0.2', lastUserAgent: 'Lynx/3' }
    expect((await list(person)).items[0]).toMatchObject(place)
    const events = () =>
      securityEvents(api).filter(({ event }) => event === 'refresh_repeated_elsewhere')
    await sendFrom('127.0.0.2', at, body)
    expect(events()).toEqual([])
    expect((await sendFrom('127.0.0.3', at, body)).status).toBe(200)
    const { id: userId, sessionId } = person
    expect(events()).toMatchObject([{ userId, sessionId, address: '127.0.0.3' }])
  })

  test('holds one user’s sessions, whatever is sent', async () => {
    const [one, other] = [await api.signUp(), await api.signUp()]
    const { items } = await list(one)
    expect(items.map(({ id }: { id: string }) => id)).toEqual([one.sessionId])
    const remove = `DELETE ${path}/${other.sessionId}`
    expect((await api.call(remove, { token: one.token })).status).toBe(404)
    expect(await statusOf(api, other.token)).toBe(200)
  })
})

describe('ending sessions', () => {
  test('what is no session of one’s own is 404', async () => {
    const { token, sessionId } = await api.signUp()
    const last = sessionId.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
    for (const id of [last, 'x', '%00', '~', 'a'.repeat(3000)])
      expect((await api.call(`DELETE ${path}/${id}`, { token })).status, id).toBe(404)
    // Ids are taken in any case.
    const own = `DELETE ${path}/${sessionId.toUpperCase()}`
    expect((await api.call(own, { token })).status).toBe(204)
  })

  test('a session ends once', async () => {
    const person = await api.signUp()
    const other = await api.signIn(person.username, password)
    const remove = `DELETE ${path}/${other.sessionId}`
    expect((await api.call(remove, { token: person.token })).status).toBe(204)
    expect((await api.call(remove, { token: person.token })).status).toBe(404)
  })

  test('a session that has run out is none, though it may still lie in the table', async () => {
    const person = await api.signUp()
    const old = await api.signIn(person.username, password)
    api.runner.clock.advance(30 * day + 1000)
    expect((await refreshed(api, old.refreshToken)).body.code).toBe('invalid_grant')
    const fresh = await api.signIn(person.username, password)
    expect((await list(fresh)).items).toHaveLength(1)
    const remove = `DELETE ${path}/${old.sessionId}`
    expect((await api.call(remove, { token: fresh.token })).status).toBe(404)
  })

  test.each(['keep=other', 'keep=', 'keep=current&keep=current', 'all=true', 'limit=1'])(
    'all of them with ?%s is refused, and ends none',
    async (query) => {
      const { token } = await api.signUp()
      const answer = await api.call(`DELETE ${path}?${query}`, { token })
      expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' } })
      expect(await statusOf(api, token)).toBe(200)
    },
  )

  test('sessions and password need the scope account; logging out needs none', async () => {
    const person = await api.signUp()
    const { token } = await api.signIn(person.username, password, { scope: 'pupils:read' })
    const newPassword = 'another password'
    const calls = [
      [`GET ${path}`],
      [`DELETE ${path}`],
      [`DELETE ${path}/${person.sessionId}`],
      ['POST /api/v1/auth/password', { currentPassword: password, newPassword }],
    ] as const
    for (const [route, body] of calls) {
      const answer = await api.call(route, { token, body })
      expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
    }
    expect((await api.call('POST /api/v1/auth/logout', { token })).status).toBe(204)
    expect(await statusOf(api, token)).toBe(401)
  })
})

describe('at most 50 sessions a user', () => {
  test('the one that signed in or refreshed least recently gives way', async () => {
    const person = await api.signUp()
    const idle = await api.signIn(person.username, password)
    const later = await sessionsOf(api, person, 48)
    api.runner.clock.advance(60_000)
    // The oldest of all is in use.
    const { body: used } = await refreshed(api, person.refreshToken)
    const last = await api.signIn(person.username, password)
    expect(await statusOf(api, idle.token)).toBe(401)
    expect((await refreshed(api, idle.refreshToken)).status).toBe(401)
    const held = [used.access_token, ...[...later, last].map(({ token }) => token)]
    for (const token of held) expect(await statusOf(api, token)).toBe(200)
    expect((await list(last)).items).toHaveLength(50)
  })

  test('one that is over gives way before all others, however late it was used', async () => {
    const person = await api.signUp()
    let { refreshToken } = person
    const refresh = async () => {
      refreshToken = (await refreshed(api, refreshToken)).body.refresh_token
    }
    for (const _ of times(3, String)) {
      api.runner.clock.advance(28 * day)
      await refresh()
    }
    const idle = await api.signIn(person.username, password)
    api.runner.clock.advance(day)
    await refresh()
    await sessionsOf(api, person, 48)
    // The first session ends 90 days after it began.
    api.runner.clock.advance(6 * day)
    const last = await api.signIn(person.username, password)
    expect((await list(last)).items).toHaveLength(50)
    expect((await refreshed(api, idle.refreshToken)).status).toBe(200)
  })

  test('also when many sign in at the same moment; all of them end at once', async () => {
    const person = await api.signUp()
    const body = { username: person.username, password }
    const answers = await Promise.all(
      times(70, () => api.call('POST /api/v1/auth/login', { body })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const rows = (await itemsOf(api, 'sessions')).filter(({ userId }) => userId?.S === person.id)
    expect(rows).toHaveLength(50)
    const change = `PATCH /api/v1/users/${person.id}`
    const { token: adminToken } = await admin()
    const disabled = await api.call(change, { token: adminToken, body: { disabled: true } })
    expect(disabled.status).toBe(200)
    const tokens = answers.map((answer) => answer.body.access_token)
    const statuses = await inParallel(tokens, 16, (token) => statusOf(api, token))
    expect(new Set(statuses)).toEqual(new Set([401]))
  })

  test('a login that races the user being disabled does not outlive it', async () => {
    const { token } = await admin()
    for (const _ of times(10, String)) {
      const person = await api.signUp()
      const body = { username: person.username, password }
      const change = `PATCH /api/v1/users/${person.id}`
      const [logins] = await Promise.all([
        Promise.all(times(6, () => api.call('POST /api/v1/auth/login', { body }))),
        api.call(change, { token, body: { disabled: true } }),
      ])
      for (const { status, body: answer } of logins) {
        expect([200, 401]).toContain(status)
        if (status === 200) expect(await statusOf(api, answer.access_token)).toBe(401)
      }
    }
  })
})

describe('security events', () => {
  test('have stable names, whom and from where; and nothing secret', async () => {
    const person = await api.signUp(unique('eve'))
    const { id: userId, sessionId, token } = person
    const other = await api.signIn(person.username, password)
    const { token: adminToken, id: adminId } = await admin()
    const seen = securityEvents(api).length
    const wrong = { username: person.username, password: 'wrong' }
    const said = [
      await api.call('POST /api/v1/auth/login', { body: wrong }),
      await api.call(`DELETE ${path}/${other.sessionId}`, { token }),
      await api.call('POST /api/v1/auth/password', {
        token,
        body: { currentPassword: 'wrong', newPassword: 'another password' },
      }),
      await api.call('POST /api/v1/auth/password', {
        token,
        body: { currentPassword: password, newPassword: 'another password' },
      }),
      await api.call(`PATCH /api/v1/users/${userId}`, {
        token: adminToken,
        body: { role: 'admin' },
      }),
    ]
    // A change to what is so already is no event.
    await api.call(`PATCH /api/v1/users/${userId}`, {
      token: adminToken,
      body: { role: 'admin', disabled: false },
    })
    await api.runner.invoke('admin', { command: 'disable-user', username: person.username })
    const subject = { userId, sessionId }
    const by = adminId
    expect(securityEvents(api).slice(seen)).toMatchObject([
      { event: 'login_failed', userId },
      { event: 'session_ended', userId, sessionId: other.sessionId },
      { event: 'password_refused', ...subject },
      { event: 'password_changed', ...subject },
      { event: 'role_changed', userId, by, role: 'admin' },
      { event: 'sessions_ended', userId, by, count: 1 },
      { event: 'user_disabled', userId, by: 'operator' },
    ])
    const events = securityEvents(api).slice(seen, -1)
    const requests = said.map(({ headers }) => headers.get('x-request-id'))
    for (const { requestId, address } of events) {
      expect(requests).toContain(requestId)
      expect(address).toBe('127.0.0.1')
    }
    for (const event of securityEvents(api)) {
      expect(event.requestId).toMatch(/^[0-9a-f-]{36}$/)
      expect(JSON.stringify(event)).not.toContain(person.username)
    }
  })
})
