import { afterAll, describe, expect, test } from 'vitest'
import { dump, expectCleanLogs, inParallel, repetitions, statusOf, times } from '../auth/support.ts'
import { withoutTime } from '../time.ts'
import { type Answer, type Person, password, useApi } from './harness.ts'

/** Happens just before the next transaction of this function. */
let meanwhile: { readonly by: string; readonly run: () => Promise<unknown> } | undefined

const api = useApi({
  intercept: async ({ function: name, operation }) => {
    if (name !== meanwhile?.by || operation !== 'TransactWriteItems') return undefined
    const { run } = meanwhile
    meanwhile = undefined
    await run()
    return undefined
  },
})
afterAll(() => expectCleanLogs(api, [password, 'pk_']))

const path = '/api/v1/auth/keys'
const scope = 'pupils:read users:read'

interface Wanted {
  readonly name?: string
  readonly scope?: string
  readonly expiresAt?: string
  readonly maxUses?: number
}

function make(token: string, wanted: Wanted = {}): Promise<Answer> {
  return api.call(`POST ${path}`, { token, body: { name: 'a script', scope, ...wanted } })
}

async function made(token: string, wanted?: Wanted) {
  const { status, body, text } = await make(token, wanted)
  if (status !== 201) throw new Error(`${status} ${text}`)
  return body as { id: string; key: string; usesLeft?: number; expiresAt?: string; scope: string }
}

const list = async (token: string) => (await api.call(`GET ${path}`, { token })).body.items
const me = async (token: string) => (await api.call('GET /api/v1/users/me', { token })).status
const later = (seconds: number) => new Date(api.runner.clock.now() + seconds * 1000).toISOString()

describe('an API key', () => {
  test('is shown once, does what its scope says, and ends when it is deleted', async () => {
    const { token, id: userId } = await api.signUp()
    const { status, body, headers } = await make(token)
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`${path}/${body.id}`)
    expect(body).toEqual({
      id: body.id,
      name: 'a script',
      scope,
      createdAt: expect.any(String),
      key: expect.stringMatching(/^pk_[\w-]{43,}$/),
    })
    const { key, ...shown } = body
    expect(await list(token)).toEqual([shown])
    const own = await api.call('GET /api/v1/users/me', { token: key })
    expect([own.status, own.body.id]).toEqual([200, userId])
    expect((await api.call('GET /api/v1/pupils', { token: key })).status).toBe(200)
    const write = await api.call('POST /api/v1/pupils', { token: key, body: {} })
    expect(write).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
    const remove = `DELETE ${path}/${body.id.toUpperCase()}`
    expect((await api.call(remove, { token })).status).toBe(204)
    expect(await me(key)).toBe(401)
    expect((await api.call(remove, { token })).status).toBe(404)
    expect(await list(token)).toEqual([])
  })

  test('is admitted in one form alone, whoever has its row', async () => {
    const { token } = await api.signUp()
    const { key } = await made(token)
    const swapped = (at: number) =>
      key.slice(0, at) + (key[at] === 'A' ? 'B' : 'A') + key.slice(at + 1)
    for (const wrong of [
      ...times(key.length - 3, (at) => swapped(at + 3)),
      `${key}A`,
      key.slice(0, -1),
    ])
      expect(await statusOf(api, wrong), wrong).toBe(401)
    const rows = JSON.stringify(await dump(api))
    const texts = [...rows.matchAll(/"S":"([^"]{20,})"/g)]
    expect(texts.length).toBeGreaterThan(10)
    for (const [, text] of texts)
      for (const sent of [text ?? '', `pk_${text}`]) expect(await statusOf(api, sent)).toBe(401)
    expect(await statusOf(api, key)).toBe(200)
    const jwt = await api.call('GET /api/v1/users/me', { headers: { Authorization: `jwt ${key}` } })
    expect(jwt.status).toBe(200)
  })

  test('ends when it says', async () => {
    const { token } = await api.signUp()
    const { key, expiresAt } = await made(token, { expiresAt: later(600) })
    expect(expiresAt).toBe((await list(token))[0].expiresAt)
    api.runner.clock.advance(500_000)
    expect(await me(key)).toBe(200)
    api.runner.clock.advance(100_001)
    expect(await me(key)).toBe(401)
    expect(await list(token)).toEqual([])
  })

  test.each([
    { expiresAt: '2020-01-01T00:00:00.000Z' },
    { expiresAt: 'x' },
    { maxUses: 0 },
    { name: '' },
  ])('cannot be %o', async (wanted) => {
    const { token } = await api.signUp()
    const answer = await make(token, wanted)
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(answer.body.errors).toHaveLength(1)
  })

  test('cannot have a wrong scope and a wrong end, and both are told', async () => {
    const { token } = await api.signUp()
    const { body } = await make(token, { scope: 'bogus', expiresAt: later(-1) })
    const pointers = body.errors.map(({ pointer }: { pointer: string }) => pointer)
    expect(pointers).toEqual(['/scope', '/expiresAt'])
  })

  test('is good until its end, to the millisecond', async () => {
    const { token } = await api.signUp()
    const { clock } = api.runner
    await withoutTime(clock, async () => {
      const second = Math.ceil(clock.now() / 1000 + 5) * 1000
      const { key } = await made(token, { expiresAt: new Date(second + 900).toISOString() })
      clock.advance(second + 899 - clock.now())
      expect(await me(key)).toBe(200)
      clock.advance(1)
      expect(await me(key)).toBe(401)
    })
  })

  test('tells when it was used last, to the minute', async () => {
    const { token, username } = await api.signUp()
    const { key } = await made(token)
    const lastUse = async () => {
      api.runner.calls.reset()
      for (const _ of [1, 2, 3]) expect(await me(key)).toBe(200)
      const writes = api.runner
        .calls()
        .filter((call) => call.function === 'authorizer' && call.operation === 'UpdateItem')
      expect(writes).toHaveLength(1)
      const [shown] = await list((await api.signIn(username, password)).token)
      return Date.parse(shown.lastUsedAt) - Date.parse(shown.createdAt)
    }
    expect(await lastUse()).toBeLessThan(60_000)
    api.runner.clock.advance(61_000)
    expect(await lastUse()).toBeGreaterThan(60_000)
  })
})

describe('uses', () => {
  const rounds = repetitions(20, 3)
  test(`3 of 100 requests at once, ${rounds} times: exactly 3`, async () => {
    for (const _ of times(rounds, String)) {
      const { token } = await api.signUp()
      const { key, usesLeft } = await made(token, { maxUses: 3 })
      expect(usesLeft).toBe(3)
      const statuses = await Promise.all(times(100, () => me(key)))
      expect(statuses.filter((status) => status === 200)).toHaveLength(3)
      expect(statuses.filter((status) => status === 401)).toHaveLength(97)
      expect(await list(token)).toEqual([])
    }
  })

  test('are spent by no wrong secret, and by no introspection', async () => {
    const { token } = await api.signUp()
    const { key } = await made(token, { maxUses: 2 })
    const wrong = key.slice(0, -4) + (key.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    for (const _ of [1, 2, 3]) expect(await me(wrong)).toBe(401)
    const { token: asking } = await api.signIn('admin', password)
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    for (const _ of [1, 2, 3]) {
      const sent = { token: asking, headers, body: `token=${key}` }
      const { body } = await api.call('POST /api/v1/auth/introspect', sent)
      expect(body).toMatchObject({ active: true, scope, token_type: 'Bearer' })
    }
    expect((await list(token))[0].usesLeft).toBe(2)
    // A request that is refused later is a use all the same.
    expect((await api.call('GET /api/v1/patrons', { token: key })).status).toBe(403)
    expect((await list(token))[0].usesLeft).toBe(1)
  })

  test('a key takes the uses of its children from its own', async () => {
    const { token } = await api.signUp()
    const parent = await made(token, { maxUses: 10 })
    const without = await make(parent.key)
    expect(without.body.errors).toMatchObject([{ pointer: '/maxUses' }])
    const child = await made(parent.key, { maxUses: 5 })
    const left = (await list(token)).find(({ id }: { id: string }) => id === parent.id).usesLeft
    // Both requests were uses.
    expect([left, child.usesLeft]).toEqual([3, 5])
    const tooMany = await make(parent.key, { maxUses: 3 })
    expect(tooMany.body.errors).toMatchObject([{ pointer: '/maxUses' }])
    const last = await make((await made(token, { maxUses: 1 })).key, { maxUses: 1 })
    expect([last.status, last.body.errors]).toMatchObject([422, [{ pointer: '/maxUses' }]])
  })

  test.each(['deleted', 'revoked'])(
    'a key that is used up still ends its children: %s',
    async (how) => {
      const { token } = await api.signUp()
      const parent = await made(token, { maxUses: 3 })
      const child = await made(parent.key, { maxUses: 2 })
      expect([await me(parent.key), await me(child.key)]).toEqual([401, 200])
      if (how === 'deleted') {
        const deleted = () => api.call(`DELETE ${path}/${parent.id}`, { token })
        expect([(await deleted()).status, (await deleted()).status]).toEqual([204, 404])
      } else {
        const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
        await api.call('POST /api/v1/auth/revoke', { headers, body: `token=${parent.key}` })
      }
      expect(await me(child.key)).toBe(401)
      expect(await list(token)).toEqual([])
    },
  )

  test('a key whose uses do not count may have children whose uses do', async () => {
    const { token } = await api.signUp()
    const parent = await made(token)
    const child = await made(parent.key, { maxUses: 2 })
    expect([await me(child.key), await me(child.key), await me(child.key)]).toEqual([200, 200, 401])
    expect(await me(parent.key)).toBe(200)
  })
})

describe('a key is never wider than its maker', () => {
  test('in scope, end or uses; users:write and users:admin it never has', async () => {
    const { token, username } = await api.signUp()
    const narrow = await api.signIn(username, password, { scope: 'account pupils:read' })
    const pointers = async (maker: string, wanted: Wanted) =>
      (await make(maker, wanted)).body.errors?.map(({ pointer }: { pointer: string }) => pointer)
    for (const asked of ['users:write', 'users:admin', 'pupils:admin', 'bogus', '', ' ', '*'])
      expect(await pointers(token, { scope: asked }), asked).toEqual(['/scope'])
    expect(await pointers(narrow.token, { scope: 'pupils:write' })).toEqual(['/scope'])
    const { token: admin } = await api.signIn('admin', password)
    for (const asked of ['users:write', 'pupils:read users:admin'])
      expect(await pointers(admin, { scope: asked }), asked).toEqual(['/scope'])
    const parent = await made(narrow.token, { scope: 'pupils:read', expiresAt: later(600) })
    expect(await pointers(parent.key, { scope: 'memos:read' })).toEqual(['/scope'])
    const late = { scope: 'pupils:read', expiresAt: later(601) }
    expect(await pointers(parent.key, late)).toEqual(['/expiresAt'])
    const child = await made(parent.key, { scope: 'pupils:read' })
    expect(child.expiresAt).toBe(parent.expiresAt)
    expect(await statusOf(api, child.key)).toBe(200)
  })

  test('under /auth it sees itself and its descendants, makes children, and ends itself', async () => {
    const { token, sessionId } = await api.signUp()
    const other = await made(token)
    const parent = await made(token, { scope: `${scope} account` })
    const child = await made(parent.key)
    const grandchild = await made(child.key)
    const ids = async (held: string) => (await list(held)).map(({ id }: { id: string }) => id)
    expect(await ids(parent.key)).toEqual([grandchild.id, child.id, parent.id])
    expect(await ids(child.key)).toEqual([grandchild.id, child.id])
    expect(await ids(token)).toEqual([grandchild.id, child.id, parent.id, other.id])
    expect((await list(token))[0].parentId).toBe(child.id)
    const calls = [
      ['GET /api/v1/auth/sessions'],
      ['DELETE /api/v1/auth/sessions'],
      [`DELETE /api/v1/auth/sessions/${sessionId}`],
      [`DELETE ${path}/${child.id}`],
      ['POST /api/v1/auth/password', { currentPassword: password, newPassword: 'another one' }],
      ['POST /api/v1/auth/reauthenticate', { password }],
    ] as const
    for (const [route, body] of calls) {
      const answer = await api.call(route, { token: parent.key, body })
      expect(answer, route).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
    }
    expect((await api.call('POST /api/v1/auth/logout', { token: parent.key })).status).toBe(204)
    for (const { key } of [parent, child, grandchild]) expect(await me(key)).toBe(401)
    expect(await me(other.key)).toBe(200)
    expect(await me(token)).toBe(200)
  })
})

describe('at most 20 keys', () => {
  test('children count, used up ones do not; of many at once none is too many', async () => {
    const { token } = await api.signUp()
    const spent = await made(token, { maxUses: 1 })
    expect(await me(spent.key)).toBe(200)
    const parent = await made(token)
    const answers = await Promise.all(times(25, (at) => make(at % 2 ? token : parent.key)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(19)
    expect(statuses.filter((status) => status === 409)).toHaveLength(6)
    expect((await make(token)).body.code).toBe('limit_reached')
    expect(await list(token)).toHaveLength(20)
    const [first] = await list(token)
    await api.call(`DELETE ${path}/${first.id}`, { token })
    expect((await make(token)).status).toBe(201)
  })

  test('somebody else’s is not there', async () => {
    const { token } = await api.signUp()
    const { id, key } = await made(token)
    const stranger = await api.signUp()
    const answer = await api.call(`DELETE ${path}/${id}`, { token: stranger.token })
    expect(answer.status).toBe(404)
    expect(await me(key)).toBe(200)
  })
})

describe('whatever ends the other sessions ends all keys, for good', () => {
  const users = '/api/v1/users'
  const admin = async () => (await api.signIn('admin', password)).token
  const causes: [string, (person: Person) => Promise<unknown>][] = [
    [
      'a changed password',
      ({ token }) =>
        api.call('POST /api/v1/auth/password', {
          token,
          body: { currentPassword: password, newPassword: 'another password' },
        }),
    ],
    ['ending all sessions', ({ token }) => api.call('DELETE /api/v1/auth/sessions', { token })],
    [
      'ending the other sessions',
      ({ token }) => api.call('DELETE /api/v1/auth/sessions?keep=current', { token }),
    ],
    [
      'another role',
      async ({ id }) =>
        api.call(`PATCH ${users}/${id}`, { token: await admin(), body: { role: 'editor' } }),
    ],
    [
      'a password that an admin set',
      async ({ id }) =>
        api.call(`POST ${users}/${id}/password`, {
          token: await admin(),
          body: { newPassword: 'another password' },
        }),
    ],
    [
      'being disabled and enabled',
      async ({ id }) => {
        const token = await admin()
        for (const disabled of [true, false])
          await api.call(`PATCH ${users}/${id}`, { token, body: { disabled } })
      },
    ],
    ['being deleted', ({ token }) => api.call(`DELETE ${users}/me`, { token })],
    [
      'the operator',
      ({ username }) => api.runner.invoke('admin', { command: 'end-sessions', username }),
    ],
  ]
  test.each(causes)('%s', async (_, end) => {
    const person = await api.signUp()
    const parent = await made(person.token)
    const child = await made(parent.key)
    await end(person)
    for (const { key } of [parent, child]) expect(await me(key)).toBe(401)
  })

  test('a revoked key, by revocation', async () => {
    const { token } = await api.signUp()
    const parent = await made(token)
    const child = await made(parent.key)
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = `token=${parent.key}`
    expect((await api.call('POST /api/v1/auth/revoke', { headers, body })).status).toBe(200)
    for (const { key } of [parent, child]) expect(await me(key)).toBe(401)
    expect(await statusOf(api, token)).toBe(200)
  })

  test('one that is made while another ends and its maker is ended', async () => {
    const person = await api.signUp()
    const parent = await made(person.token)
    const [gone, left] = [await made(parent.key), await made(parent.key)]
    await api.call('POST /api/v1/auth/logout', { token: gone.key })
    let late = ''
    meanwhile = {
      by: 'sessions',
      run: async () => {
        late = (await made(parent.key)).key
        await api.call('POST /api/v1/auth/logout', { token: left.key })
      },
    }
    const end = 'DELETE /api/v1/auth/sessions?keep=current'
    expect((await api.call(end, { token: person.token })).status).toBe(204)
    for (const key of [parent.key, late]) expect(await me(key)).toBe(401)
  })

  const rounds = repetitions(50, 6)
  test(`keys that are made while they end, ${rounds} times: none is left`, async () => {
    const people = await inParallel(times(rounds, String), 4, async () => api.signUp())
    for (const [index, person] of people.entries()) {
      const parent = await made(person.token)
      const children = times(8, () => make(parent.key))
      const end = [
        () => api.call(`DELETE ${path}/${parent.id}`, { token: person.token }),
        () => api.call('DELETE /api/v1/auth/sessions?keep=current', { token: person.token }),
      ][index % 2]
      const [answers] = await Promise.all([Promise.all(children), end?.()])
      const keys = answers.filter(({ status }) => status === 201).map(({ body }) => body.key)
      for (const key of [parent.key, ...keys]) expect(await me(key)).toBe(401)
      expect(await list(person.token)).toEqual([])
    }
  })
})

describe('freshness', () => {
  test('a session is fresh for 10 minutes after its sign-in, and after its password', async () => {
    const person = await api.signUp()
    const { token } = person
    api.runner.clock.advance(500_000)
    expect((await make(token)).status).toBe(201)
    api.runner.clock.advance(101_000)
    const stale = await make(token, { scope: 'bogus' })
    expect(stale).toMatchObject({ status: 403, body: { code: 'reauthentication_required' } })
    expect(stale.headers.get('www-authenticate')).toBeNull()
    const prove = (secret: string) =>
      api.call('POST /api/v1/auth/reauthenticate', { token, body: { password: secret } })
    expect(await prove('wrong')).toMatchObject({ status: 403, body: { code: 'wrong_password' } })
    expect((await make(token)).status).toBe(403)
    expect((await prove(password)).status).toBe(204)
    expect((await make(token)).status).toBe(201)
    api.runner.clock.advance(601_000)
    const fresh = await api.signIn(person.username, password)
    expect((await make(fresh.token)).status).toBe(201)
  })

  test('a refresh proves nothing', async () => {
    const person = await api.signUp()
    api.runner.clock.advance(601_000)
    const body = { refresh_token: person.refreshToken }
    const { body: tokens } = await api.call('POST /api/v1/auth/refresh', { body })
    expect((await make(tokens.access_token)).body.code).toBe('reauthentication_required')
  })

  test('wrong passwords are counted', async () => {
    const { token } = await api.signUp()
    const prove = (secret: string) =>
      api.call('POST /api/v1/auth/reauthenticate', { token, body: { password: secret } })
    for (const _ of times(10, String)) expect((await prove('wrong')).status).toBe(403)
    expect((await prove(password)).status).toBe(429)
  })
})
