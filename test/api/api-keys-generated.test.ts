import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allScopes, routes } from '../../functions/routes/registry.ts'
import { dump, expectCleanLogs, inParallel, repetitions, times } from '../auth/support.ts'
import { type Answer, type Person, password, useApi } from './harness.ts'

const api = useApi()
afterAll(() => expectCleanLogs(api, [password, 'pk_']))

const path = '/api/v1/auth/keys'
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

interface Wanted {
  readonly scope: string
  readonly expiresAt?: unknown
  readonly maxUses?: unknown
}

interface Key {
  readonly id: string
  readonly key: string
}

function make(token: string, wanted: Wanted): Promise<Answer> {
  return api.call(`POST ${path}`, { token, body: { name: 'a script', ...wanted } })
}

async function made(token: string, wanted: Wanted): Promise<Key> {
  const { status, body, text } = await make(token, wanted)
  if (status !== 201) throw new Error(`${status} ${text}`)
  return body
}

const me = async (token: string) => (await api.call('GET /api/v1/users/me', { token })).status
const idsOf = async (token: string): Promise<string[]> =>
  (await api.call(`GET ${path}`, { token })).body.items.map(({ id }: Key) => id)

/** What a maker of keys has; a session has no end and no uses that count. */
interface Maker {
  readonly name: string
  readonly token: string
  readonly scopes: readonly string[]
  readonly end?: number
  readonly uses?: number
}

describe('keys that would be wider than their maker', () => {
  const count = repetitions(500, 60)
  const makers: Maker[] = []
  let person: Person
  beforeAll(async () => {
    person = await api.signUp()
    const scopes = ['users:read', 'pupils:read', 'diaries:read', 'diaries:write', 'account']
    const scope = scopes.join(' ')
    const narrow = await api.signIn(person.username, password, { scope })
    const end = api.runner.clock.now() + 300_000
    const expiresAt = new Date(end).toISOString()
    const uses = 100_000
    const plain = await made(narrow.token, { scope: 'users:read pupils:read' })
    const short = await made(narrow.token, { scope, expiresAt })
    const child = await made(short.key, { scope: 'users:read diaries:read' })
    const counted = await made(narrow.token, { scope: 'users:read account', maxUses: uses })
    makers.push(
      { name: 'a narrow session', token: narrow.token, scopes },
      { name: 'a key', token: plain.key, scopes: ['users:read', 'pupils:read'] },
      { name: 'a key with an end', token: short.key, scopes, end },
      { name: 'its child', token: child.key, scopes: ['users:read', 'diaries:read'], end },
      { name: 'a key with uses', token: counted.key, scopes: ['users:read', 'account'], uses },
    )
  })

  /** A scope that the maker lacks, alone or among some that it has, however it is written. */
  const scope = ({ scopes }: Maker) =>
    fc
      .record({
        some: fc.subarray([...scopes]),
        outside: fc.oneof(
          fc.constantFrom(...allScopes.filter((one) => !scopes.includes(one))),
          fc.constantFrom('*', 'users:*', 'Users:read', 'users:read\u00a0', 'users', ':', 'pk_'),
          fc.constantFrom('users:write', 'users:admin', 'users:read,users:write', 'a\tb', '\u0000'),
        ),
        after: fc.boolean(),
      })
      .map(({ some, outside, after }) => ({
        scope: (after ? [...some, outside] : [outside, ...some]).join(' '),
      }))

  const within = ({ scopes }: Maker) =>
    scopes.filter((one) => one !== 'users:write').join(' ') || 'users:read'

  const later = (maker: Maker) =>
    fc
      .oneof(
        fc.integer({ min: 1, max: 3_000_000_000 }).map((ms) => (maker.end ?? 0) + ms),
        fc.constantFrom(253_402_300_799_999, 32_503_680_000_000),
      )
      .chain((time) =>
        fc.constantFrom<unknown>(
          new Date(time).toISOString(),
          new Date(time).toISOString().replace('Z', '+00:00'),
          new Date(time).toISOString().replace(/\.\d+Z/, '-12:00'),
          time,
          null,
          '',
        ),
      )
      .map((expiresAt) => ({ scope: within(maker), expiresAt, ...counted(maker) }))

  const uses = (maker: Maker) =>
    fc
      .oneof(
        fc.integer({ min: (maker.uses ?? 0) + 1, max: 2_000_000_000 }),
        fc.constantFrom<unknown>(undefined, null, 0, -1, 1.5, '1', 1e300, [1], {}),
      )
      .map((maxUses) => ({ scope: within(maker), maxUses }))

  const counted = (maker: Maker) => (maker.uses ? { maxUses: 1 } : {})

  /** Routes that the key's scope does not open, or no key's: without the few that all reach. */
  const closed = ({ scopes }: Maker) =>
    routes.filter(({ access, path: at, method }) => {
      if (access === 'public') return false
      if (at === `${path}` && method !== 'DELETE') return false
      if (at.endsWith('/auth/logout')) return false
      if (at.startsWith('/api/v1/auth/') && access !== 'tokens:introspect') return true
      const [name] = access.split(':')
      return (
        access !== 'authenticated' && ![access, `${name}:admin`].some((one) => scopes.includes(one))
      )
    })

  const attempt = fc.constantFrom(0, 1, 2, 3, 4).chain((at) => {
    // A maker is known only when the test runs; its place is enough until then.
    const maker = makers[at] as Maker
    const kinds = [
      scope(maker).map((wanted) => ({ maker, wanted: { ...wanted, ...counted(maker) } })),
      ...(maker.end ? [later(maker).map((wanted) => ({ maker, wanted }))] : []),
      ...(maker.uses ? [uses(maker).map((wanted) => ({ maker, wanted }))] : []),
      ...(maker.token.startsWith('pk_')
        ? [fc.constantFrom(...closed(maker)).map((route) => ({ maker, route }))]
        : []),
    ]
    return fc.oneof(...kinds)
  })

  test(`${count} attempts at more, in scope, end, uses or route: none is granted`, async () => {
    const before = await idsOf(person.token)
    const attempts = fc.sample(attempt, { seed: 20_261_128, numRuns: count })
    const granted = await inParallel(attempts, 8, async (one) => {
      const { maker } = one
      if ('wanted' in one) {
        const { status, text } = await make(maker.token, one.wanted as Wanted)
        return [403, 422].includes(status) ? [] : [{ ...one, status, text }]
      }
      const { method, path: at, form: isForm } = one.route
      const call = `${method} ${at.replace(/\{\w+\}/g, person.id)}`
      const sent = isForm
        ? { body: 'token=x', headers: form }
        : method === 'GET'
          ? {}
          : { body: {} }
      const { status, text, body } = await api.call(call, { token: maker.token, ...sent })
      return body?.code === 'insufficient_scope' ? [] : [{ maker, call, status, text }]
    })
    expect(granted.flat()).toEqual([])
    expect(await idsOf(person.token)).toEqual(before)
    for (const { token } of makers) expect(await me(token)).toBe(200)
  })
})

describe('descendants', () => {
  const rounds = repetitions(50, 4)
  const ends: readonly ((parent: Key, person: Person) => Promise<Answer>)[] = [
    ({ id }, { token }) => api.call(`DELETE ${path}/${id}`, { token }),
    ({ key }) => api.call('POST /api/v1/auth/logout', { token: key }),
    ({ key }) => api.call('POST /api/v1/auth/revoke', { headers: form, body: `token=${key}` }),
    (_, { token }) => api.call('DELETE /api/v1/auth/sessions?keep=current', { token }),
  ]

  test(`19 of each of ${rounds} parents are refused on the request after it ended`, async () => {
    const refused = await inParallel(times(rounds, Number), 4, async (round) => {
      const person = await api.signUp()
      const family = [await made(person.token, { scope: 'users:read' })]
      while (family.length < 12) {
        // A tree: each is made by one of those before it.
        const parent = family[(family.length * 7 + round) % family.length] as Key
        family.push(await made(parent.key, { scope: 'users:read' }))
      }
      const [parent] = family as [Key]
      const statuses = await Promise.all(family.map(({ key }) => me(key)))
      // The last eight are made while the parent ends.
      const makers = times(8, (at) => family[at] as Key)
      const late = makers.map(({ key }) => make(key, { scope: 'users:read' }))
      const [ended] = await Promise.all([ends[round % ends.length]?.(parent, person), late[0]])
      const after = await Promise.all(family.map(({ key }) => me(key)))
      const born = (await Promise.all(late)).filter(({ status }) => status === 201)
      const afterwards = await Promise.all(born.map(({ body }) => me(body.key)))
      return {
        begun: new Set(statuses),
        ended: (ended?.status ?? 0) < 300,
        after: new Set([...after, ...afterwards]),
        left: await idsOf(person.token),
      }
    })
    for (const round of refused)
      expect(round).toEqual({
        begun: new Set([200]),
        ended: true,
        after: new Set([401]),
        left: [],
      })
  })
})

test('nothing in the tables is accepted: as a token, a key, a refresh token, a challenge or a link', async () => {
  const person = await api.signUp()
  const key = await made(person.token, { scope: 'users:read account' })
  await made(key.key, { scope: 'users:read', maxUses: 3 })
  await api.call('POST /api/v1/auth/refresh', { body: { refresh_token: person.refreshToken } })
  await api.call('PUT /api/v1/auth/email', {
    token: person.token,
    body: { email: `${person.username}@example.org` },
  })
  const rows = JSON.stringify(await dump(api))
  const texts = new Set([...rows.matchAll(/"[SB]":"([^"]{8,})"/g)].map(([, text = '']) => text))
  const accepted = await inParallel([...texts], 8, async (text) => {
    const token = encodeURIComponent(text)
    const refresh = `grant_type=refresh_token&refresh_token=${token}`
    const answers = [
      ...[text, `pk_${text}`]
        .filter((one) => /^[\x21-\x7e]+$/.test(one))
        .map((one) =>
          api.call('GET /api/v1/private', { headers: { Authorization: `Bearer ${one}` } }),
        ),
      api.call('POST /api/v1/auth/refresh', { body: { refresh_token: text } }),
      api.call('POST /api/v1/auth/token', { headers: form, body: refresh }),
      api.call('POST /api/v1/auth/login/factor', { body: { challenge: text, code: '000000' } }),
      ...['email/verify', 'undo'].map((link) =>
        api.call(`POST /api/v1/auth/${link}`, { body: { token: text } }),
      ),
      api.call('POST /api/v1/auth/password/reset', {
        body: { token: text, newPassword: 'another password' },
      }),
    ]
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    return statuses.every((status) => status >= 400 && status < 500) ? [] : [{ text, statuses }]
  })
  expect(texts.size).toBeGreaterThan(30)
  expect(accepted.flat()).toEqual([])
  for (const text of texts)
    await api.call('POST /api/v1/auth/revoke', {
      headers: form,
      body: `token=${encodeURIComponent(text)}`,
    })
  expect(await me(person.token)).toBe(200)
  expect(await me(key.key)).toBe(200)
})
