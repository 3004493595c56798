import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { shownCode } from '../api/authenticator.ts'
import { password, useApi } from '../api/harness.ts'
import { repetitions } from '../auth/support.ts'
import { type Program, program } from './compiled.ts'
import { type Fate, type Unreliable, unreliable } from './unreliable.ts'

const api = useApi()
let client: Record<string, (given: Given) => Promise<unknown>>
let connection: Unreliable
beforeAll(async () => {
  client = (await program('retries')) as Program
})
afterEach(() => connection?.stop())

type Given = Parameters<Program[string]>[0]

/** The connection to the API, and somebody new. */
async function given(fate?: Parameters<typeof unreliable>[1]) {
  const { username } = await api.signUp()
  connection = await unreliable(api.runner.origin, fate)
  return { baseUrl: connection.origin, username, password, count: 0 }
}

const seen = (call: string) => connection.seen.filter((one) => one.call === call)
const refreshes = () => seen('POST /api/v1/auth/refresh').length
const runOut = async () => api.runner.clock.advance(16 * 60_000)

describe('a token that has run out', () => {
  test('is renewed once for 100 calls at the same time, which all succeed', async () => {
    const failed = await client.expired?.({ ...(await given()), count: 100, between: runOut })
    expect(failed).toEqual([])
    expect(refreshes()).toBe(1)
  })

  test('is renewed once for all clients that share a storage, and they sign out as one', async () => {
    const outcome = await client.sharing?.({ ...(await given()), count: 8, between: runOut })
    expect(outcome).toEqual({
      before: [],
      after: [],
      out: new Set(['unauthorized']),
      stored: null,
      signedOut: 8,
    })
    expect(refreshes()).toBe(1)
  })

  test('is renewed in a tab that slept, as that of the other tab has run out too', async () => {
    const person = await given()
    expect(await client.slept?.({ ...person, between: runOut })).toBe(person.username)
    expect(refreshes()).toBe(2)
  })

  test('is renewed though the answer with the new one was lost', async () => {
    const lose = (call: string) =>
      call.endsWith('/refresh') && refreshes() === 0 ? 'loses its answer' : 'passes'
    const person = await given(lose)
    expect(await client.one?.({ ...person, between: runOut })).toBe(person.username)
    expect(refreshes()).toBe(2)
  })

  test('is not renewed when the session has ended, and nobody is asked again and again', async () => {
    const person = await given()
    const between = async () => {
      await api.runner.invoke('admin', { command: 'end-sessions', username: person.username })
    }
    expect(await client.one?.({ ...person, between })).toBe('unauthorized')
    expect(connection.seen.length).toBe(3)
  })

  test('of one person is not replaced by that of another who has signed in since', async () => {
    const person = await given()
    let refused = () => {}
    const held = new Promise<void>((resolve) => {
      refused = resolve
    })
    // The refusal of the first call waits until the other person has signed in.
    const slow: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init)
      if (String(url).endsWith('/diaries')) await held
      else if (String(init?.body).includes('"admin"')) setTimeout(refused)
      return answer
    }
    const between = async () => {
      await api.runner.invoke('admin', { command: 'end-sessions', username: person.username })
    }
    await between()
    // The session ends before the call reaches the API.
    const ending: typeof fetch = async (url, init) => {
      if (String(url).endsWith('/diaries')) await between()
      return slow(url, init)
    }
    expect(await client.other?.({ ...person, fetch: ending })).toBe('unauthorized')
    const diaries = seen('POST /api/v1/diaries')
    expect(diaries).toHaveLength(1)
  })
})

describe('connections that are cut', () => {
  const count = repetitions(500, 40)
  test(`${count} creates over them make one item each`, async () => {
    const fates: Fate[] = ['loses its answer', 'is lost', 'loses half of its answer']
    const keys = new Map<unknown, number>()
    // Each is cut the first time, and every tenth the second time too.
    const person = await given((call, { 'idempotency-key': key }) => {
      if (call !== 'POST /api/v1/diaries') return 'passes'
      const before = keys.get(key) ?? 0
      keys.set(key, before + 1)
      const isCut = before === 0 || (before === 1 && keys.size % 10 === 0)
      return (isCut && fates[(keys.size + before) % 3]) || 'passes'
    })
    expect(await client.creates?.({ ...person, count })).toEqual([])
    expect(keys.size).toBe(count)
    expect(Math.max(...keys.values())).toBeGreaterThan(1)
    const { token } = await api.signIn(person.username, password)
    const titles: string[] = []
    for (let cursor = ''; ; ) {
      const { body } = await api.call(`GET /api/v1/diaries?limit=100${cursor}`, { token })
      titles.push(...body.items.map(({ title }: { title: string }) => title))
      if (body.nextCursor === null) break
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
    }
    expect(titles).toHaveLength(count)
    expect(new Set(titles).size).toBe(count)
  })

  test('are tried again where that is safe, and nowhere else', async () => {
    const cut = new Set<string>()
    let begun = false
    // The first request of each kind loses its answer, after the item is there.
    const person = await given((call) => {
      const kind = call.replace(/[0-9a-f-]{36}/, 'id')
      const isFirst = begun && !cut.has(kind)
      if (kind.startsWith('POST /api/v1/diaries')) begun = true
      if (isFirst) cut.add(kind)
      return isFirst ? 'loses its answer' : 'passes'
    })
    expect(await client.kinds?.(person)).toEqual([
      'create: done',
      'read: done',
      'list: done',
      'replace: done',
      'patch as it stands: failed',
      'replace with a condition: done',
      'change by a function: done',
      'delete: done',
      'a POST without a key: failed',
    ])
    expect([...cut]).toEqual([
      'POST /api/v1/diaries',
      'GET /api/v1/diaries/id',
      'GET /api/v1/diaries',
      'PUT /api/v1/diaries/id',
      'PATCH /api/v1/diaries/id',
      'DELETE /api/v1/diaries/id',
      'POST /api/v1/auth/reauthenticate',
    ])
  })

  test.each([
    ['replace with a condition', 'PUT'],
    ['change by a function', 'PATCH'],
  ])('%s is not made twice: the caller is told', async (kind, method) => {
    let cuts = 0
    const person = await given((call) => {
      if (!call.startsWith(method)) return 'passes'
      cuts += 1
      // The write that is looked at is the second of its method.
      return cuts === 2 ? 'loses its answer' : 'passes'
    })
    expect(await client.kinds?.(person)).toContain(`${kind}: failed`)
    expect(cuts).toBe(2)
  })
})

test.each([502, 504])('a DELETE that a gateway answered with %s has deleted it', async (status) => {
  const person = await given()
  let tried = 0
  const send: typeof fetch = async (url, init) => {
    const answer = await fetch(url, init)
    if (init?.method !== 'DELETE') return answer
    tried += 1
    return tried === 1 ? new Response('', { status }) : answer
  }
  expect(await client.kinds?.({ ...person, fetch: send })).toContain('delete: done')
  expect(tried).toBe(2)
})

describe('a page in the place of an answer is no success', () => {
  /** As an app's server sends it for every path that it does not know. */
  const misled = (path: string) => {
    const send: typeof fetch = async (url, init) =>
      String(url).endsWith(path)
        ? new Response('<h1>App</h1>', { headers: { 'Content-Type': 'text/html' } })
        : fetch(url, init)
    return { fetch: send }
  }

  test.each(['/users/me', '/auth/refresh'])('of %s', async (path) => {
    const person = { ...(await given()), ...misled(path), between: runOut }
    expect(await client.one?.(person)).toBe('unavailable')
  })

  test('of a sign-in', async () => {
    const person = { ...(await given()), ...misled('/auth/login') }
    await expect(client.one?.(person)).rejects.toMatchObject({ code: 'unavailable', status: 200 })
  })
})

describe('answers that ask for patience', () => {
  const busy = (status: number, headers: Record<string, string>) => {
    let refused = 0
    const problem = { status, code: status === 429 ? 'too_many_requests' : 'unavailable' }
    const send: typeof fetch = async (url, init) => {
      if (!String(url).endsWith('/users/me') || refused++ > 0) return fetch(url, init)
      const type = { 'Content-Type': 'application/problem+json' }
      return new Response(JSON.stringify(problem), { status, headers: { ...type, ...headers } })
    }
    return { fetch: send }
  }

  test.each([429, 503])('%s is tried again when it says', async (status) => {
    const person = await given()
    const began = performance.now()
    const wait = { 'Retry-After': '1' }
    expect(await client.one?.({ ...person, ...busy(status, wait) })).toBe(person.username)
    expect(performance.now() - began).toBeGreaterThan(990)
  })

  test('a wait ends when the call is aborted', async () => {
    const person = await given()
    const controller = new AbortController()
    const { fetch: refusing } = busy(503, { 'Retry-After': '20' })
    const send: typeof fetch = async (url, init) => {
      if (String(url).endsWith('/users/me')) setTimeout(() => controller.abort(), 100)
      return refusing(url, init)
    }
    const began = performance.now()
    const { signal } = controller
    expect(await client.abandoned?.({ ...person, signal, fetch: send })).toBe('AbortError')
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('a wait of minutes is the caller’s to decide', async () => {
    const person = await given()
    const wait = { 'Retry-After': '120' }
    const code = await client.one?.({ ...person, ...busy(429, wait) })
    expect(code).toBe('too_many_requests')
  })

  test('so is what is refused again and again', async () => {
    const person = await given()
    let tried = 0
    const send: typeof fetch = async (url, init) => {
      if (!String(url).endsWith('/users/me')) return fetch(url, init)
      tried += 1
      return new Response('<h1>Bad gateway</h1>', { status: 502 })
    }
    expect(await client.one?.({ ...person, fetch: send, retries: 2 })).toBe('unavailable')
    expect(tried).toBe(3)
  })
})

test('an API key needs no session, and is not renewed', async () => {
  const person = await given()
  expect(await client.key?.(person)).toEqual([person.username, 'unauthorized'])
  expect(refreshes()).toBe(0)
})

test('a second factor is asked for at sign-in, a code or a recovery code', async () => {
  const person = await given()
  const code = (secret: string) => shownCode(api, secret)
  const between = async () => api.runner.clock.advance(60_000)
  expect(await client.factor?.({ ...person, code, between })).toEqual({
    without: ['second_factor_required', 'string'],
    names: [person.username, person.username],
  })
})
