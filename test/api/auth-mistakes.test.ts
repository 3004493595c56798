import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { resources, routes } from '../../functions/routes/registry.ts'
import {
  dump,
  expectCleanLogs,
  inParallel,
  itemsOf,
  refreshed,
  statusOf,
  times,
} from '../auth/support.ts'
import { comparable } from './answers.ts'
import { password, unique, useApi, usePerson } from './harness.ts'

const login = 'POST /api/v1/auth/login'
const signup = 'POST /api/v1/auth/signup'

/** The tutorials' mistakes with accounts and passwords, each with what must happen here. */
const api = useApi()
const person = usePerson(api)
const secrets = [password, 'a wrong password', 'the new password', 'pässwörd ✓ 1']

const signIn = (username: string, secret: string) =>
  api.call(login, { body: { username, password: secret } })

describe('M2: credentials are never read from a URL', () => {
  test('there is no GET of the login', async () => {
    const query = new URLSearchParams({ username: person.username, password })
    for (const route of ['GET /api/v1/auth/login', 'GET /api/v1/auth/signup'])
      expect(await api.call(`${route}?${query}`)).toMatchObject({
        status: 405,
        body: { code: 'method_not_allowed' },
      })
  })

  test('a POST without a body reads none from the query', async () => {
    const query = new URLSearchParams({ username: person.username, password })
    expect((await api.call(`${login}?${query}`)).status).toBe(400)
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const form = await api.call(login, { body: String(query), headers })
    expect(form.status).toBe(415)
  })
})

test('M10: what is public is an exact method and path', async () => {
  const open = routes.filter(({ access }) => access === 'public')
  const declared = resources.filter(({ access }) => access.public).map(({ name }) => name)
  const ours = open.filter(({ lambda }) => !declared.includes(lambda))
  expect(ours.map(({ operationId }) => operationId).sort()).toMatchInlineSnapshot(`
    [
      "account",
      "authorizationServer",
      "discovery",
      "docs",
      "forgotPassword",
      "health",
      "home",
      "jwks",
      "login",
      "loginFactor",
      "openapi",
      "publicPage",
      "refresh",
      "resetPassword",
      "revoke",
      "signup",
      "token",
      "undoChange",
      "verifyEmail",
    ]
  `)
  // Of the resources' routes, only reads are open, where the declaration says so.
  expect(open.filter((route) => !ours.includes(route) && route.method !== 'GET')).toEqual([])
  for (const { method, path, operationId } of routes.filter(({ access }) => access !== 'public')) {
    const filled = path.replace(/\{\w+\}/g, 'login')
    const answer = await api.call(`${method} ${filled}`)
    expect([operationId, answer.status]).toEqual([operationId, 401])
  }
  for (const [path, status] of [
    ['/login', 404],
    ['/pupils/login', 401],
    ['/pupils/auth/login', 404],
    ['/auth/login/pupils', 404],
  ])
    expect([path, (await api.call(`GET /api/v1${path}`)).status]).toEqual([path, status])
})

describe('M12: nobody learns which accounts there are', () => {
  test('an unknown user, a disabled one and a wrong password are answered alike', async () => {
    const disabled = await api.signUp()
    const { token } = api.admin
    await api.call(`PATCH /api/v1/users/${disabled.id}`, { token, body: { disabled: true } })
    const answers = [
      await signIn(person.username, 'a wrong password'),
      await signIn(unique('nobody'), password),
      await signIn(disabled.username, password),
      await signIn('no name at all!', password),
      await signIn(person.username, 'x'.repeat(100)),
      await signIn(person.username, '\0'),
    ]
    const seen = answers.map(comparable)
    for (const answer of seen) expect(answer).toEqual(seen[0])
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    expect(answers[0]?.headers.get('www-authenticate')).toBeNull()
  })

  test('by HTTP Basic too', async () => {
    const basic = (username: string, secret: string) => {
      const credentials = Buffer.from(`${username}:${secret}`).toString('base64')
      return api.call(login, { headers: { Authorization: `Basic ${credentials}` } })
    }
    expect((await basic(person.username, password)).status).toBe(200)
    const wrong = await basic(person.username, 'a wrong password')
    expect(comparable(await basic(unique('nobody'), password))).toEqual(comparable(wrong))
    for (const value of ['Basic', 'Basic !', 'Basic eA==']) {
      const answer = await api.call(login, { headers: { Authorization: value } })
      expect([400, 401]).toContain(answer.status)
    }
  })

  test('others are not listed, read or told apart', async () => {
    const { token } = person
    expect((await api.call('GET /api/v1/users', { token })).status).toBe(403)
    expect((await api.call('GET /api/v1/patrons', { token })).status).toBe(403)
    const missing = await api.call(`GET /api/v1/users/${crypto.randomUUID()}`, { token })
    const present = await api.call(`GET /api/v1/users/${api.admin.id}`, { token })
    expect(comparable(present)).toEqual(comparable(missing))
  })
})

describe('M17: who changes a password knows the current one, and ends the other sessions', () => {
  const change = (body: object, token = person.token) =>
    api.call('POST /api/v1/auth/password', { token, body })

  test('neither without nor with a wrong one', async () => {
    const newPassword = 'the new password'
    expect((await change({ newPassword })).status).toBe(422)
    const wrong = await change({ currentPassword: 'a wrong password', newPassword })
    expect(wrong).toMatchObject({ status: 403, body: { code: 'wrong_password' } })
    for (const method of ['PATCH', 'PUT']) {
      const body = { password: newPassword, username: person.username }
      const answer = await api.call(`${method} /api/v1/users/me`, { token: person.token, body })
      expect([405, 422]).toContain(answer.status)
    }
    expect((await signIn(person.username, password)).status).toBe(200)
  })

  test('the other sessions are refused on the next request', async () => {
    const one = await api.signUp()
    const others = [
      await api.signIn(one.username, password),
      await api.signIn(one.username, password),
    ]
    const body = { currentPassword: password, newPassword: 'the new password' }
    expect((await change(body, one.token)).status).toBe(204)
    for (const { token, refreshToken } of others) {
      expect(await statusOf(api, token)).toBe(401)
      expect((await refreshed(api, refreshToken)).status).toBe(401)
    }
    expect(await statusOf(api, one.token)).toBe(200)
  })
})

describe('M20: a username is one user’s, in whatever case', () => {
  test('100 sign up at once: one does', async () => {
    const name = unique('Same.Name')
    const cased = (index: number) => (index % 2 ? name.toUpperCase() : name.toLowerCase())
    const answers = await inParallel(times(100, cased), 20, (username) =>
      api.call(signup, { body: { username, password } }),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(new Set(statuses)).toEqual(new Set([201, 409]))
    const wanted = name.toLowerCase()
    const rows = await itemsOf(api, 'credentials')
    expect(rows.filter(({ username }) => username?.S === wanted)).toHaveLength(1)
    const users = await itemsOf(api, 'users')
    expect(users.filter(({ username }) => username?.S?.toLowerCase() === wanted)).toHaveLength(1)
  })

  test('nobody chooses an id', async () => {
    const body = { username: unique(), password, id: api.admin.id }
    expect((await api.call(signup, { body })).status).toBe(422)
  })
})

describe('M22: passwords are neither cut off nor without rules', () => {
  const bad: [string, string][] = [
    ['seven characters', 'sevench'],
    ['257 characters', 'x'.repeat(257)],
    ['a common one with digits and marks around it', '__Dragon_2026!'],
    ['the name of the service', 'Portcullis#1'],
    ['a NUL', 'password\0more'],
    ['a lone surrogate', 'correct \ud800 horse'],
    ['a common one', 'password123'],
    ['a common one in capitals', 'PASSWORD123'],
  ]
  test.each(bad)('%s is refused', async (_, secret) => {
    const body = { username: unique(), password: secret }
    const answer = await api.call(signup, { body: JSON.stringify(body) })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].pointer).toBe('/password')
    expect(answer.text).not.toContain(secret)
  })

  test('the username itself is refused', async () => {
    const username = unique('quillfeather')
    const answer = await api.call(signup, { body: { username, password: username.toUpperCase() } })
    const detail = 'must not be the username, alone or with only digits or punctuation added'
    expect(answer.body.errors).toEqual([{ pointer: '/password', detail }])
    const decorated = { username, password: `--${username}!1` }
    expect((await api.call(signup, { body: decorated })).status).toBe(422)
  })

  const taken = ['ü'.repeat(36), 'pässwörd ✓ 1', '        x', `${'x'.repeat(71)}y`, 'ж'.repeat(256)]
  test.each(taken)('"%s" is taken as it is', async (secret) => {
    const username = unique()
    expect((await api.call(signup, { body: { username, password: secret } })).status).toBe(201)
    expect((await signIn(username, secret)).status).toBe(200)
    for (const other of [secret.slice(0, -1), `${secret}x`, secret.trim()])
      if (other !== secret) expect((await signIn(username, other)).status).toBe(401)
    expect((await signIn(username, secret.normalize('NFD'))).status).toBe(200)
  })
})

describe('M5: no key stands in what is deployed', () => {
  test('the template generates its secret, and no environment holds one', () => {
    const template = readFileSync(
      join(inject('assembly'), 'Portcullis-local.template.json'),
      'utf8',
    )
    const resources = Object.values(JSON.parse(template).Resources) as {
      Type: string
      Properties: { SecretString?: string; GenerateSecretString?: object }
    }[]
    const held = resources.filter(({ Type }) => Type === 'AWS::SecretsManager::Secret')
    expect(held.length).toBeGreaterThan(0)
    for (const { Properties } of held) {
      expect(Properties.SecretString).toBeUndefined()
      expect(Properties.GenerateSecretString).toBeDefined()
    }
    expect(template).not.toMatch(/"d":|"k":|BEGIN [A-Z ]*PRIVATE KEY/)
  })
})

// Last, when the tables and the logs are full of what the tests above have done.
describe('afterwards', () => {
  test('M1: no table holds a password or a part of it; what is stored is bcrypt', async () => {
    const text = JSON.stringify(await dump(api))
    for (const secret of secrets) expect(text).not.toContain(secret.slice(0, 8))
    const rows = await itemsOf(api, 'credentials')
    expect(rows.length).toBeGreaterThan(5)
    for (const { hash } of rows) expect(hash?.S).toMatch(/^(?:sha384)?\$2b\$04\$[./A-Za-z0-9]{53}$/)
  })

  test('M1, M4: no log line holds a password, a token or a hash', () => {
    expect(api.logs.length).toBeGreaterThan(100)
    expectCleanLogs(api, secrets)
  })

  test('nothing that a table holds is accepted as a token, a password or a device', async () => {
    const fresh = await api.signUp()
    const { username } = fresh
    await refreshed(api, fresh.refreshToken)
    const found = new Set(strings(await dump(api)))
    expect(found.size).toBeGreaterThan(100)
    await inParallel([...found], 16, async (text) => {
      expect([text, (await refreshed(api, text)).status]).toEqual([text, 401])
      const headers = { Authorization: `Bearer ${text}` }
      const answer = await fetch(`${api.runner.origin}/api/v1/private`, { headers }).catch(() => {})
      if (answer) expect([text, answer.status]).toEqual([text, 401])
    })
    // A hash would pass most easily as a password: each is tried on its own account.
    for (const { username: name, hash } of await itemsOf(api, 'credentials'))
      expect((await signIn(name?.S ?? '', hash?.S ?? '')).status).toBe(401)
    expect((await signIn(username, password)).status).toBe(200)
  })
})

/** Every string of a document, keys of items included. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(strings)
}
