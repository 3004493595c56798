import { afterAll, describe, expect, test } from 'vitest'
import {
  configured,
  expectCleanLogs,
  itemsOf,
  securityEvents,
  sendFrom,
  times,
} from '../auth/support.ts'
import { comparable } from './answers.ts'
import { type Answer, password, unique, useApi } from './harness.ts'

const login = 'POST /api/v1/auth/login'
const minutes = 60_000

const api = useApi(() => ({
  direct: false,
  assembly: configured({ ADDRESS_BUDGET: '130/900', SIGNUP_BUDGET: '30/3600' }),
}))
afterAll(() => expectCleanLogs(api, [password]))

const wrong = (username: string, more = {}) =>
  api.call(login, { body: { username, password: 'wrong', ...more } })
const right = (username: string, more = {}) =>
  api.call(login, { body: { username, password, ...more } })

/** Tries one after the other. */
async function inTurn(count: number, attempt: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const _ of times(count, String)) answers.push(await attempt())
  return answers
}

const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status)
const failures = (count: number) => Array(count).fill(401)

/** Another window for everybody: the tests share one address. */
const later = () => api.runner.clock.advance(60 * minutes)

describe('failed logins', () => {
  test('on one account from one address: 10 in 15 minutes', async () => {
    later()
    const { username } = await api.signUp()
    expect(statuses(await inTurn(10, () => wrong(username)))).toEqual(failures(10))
    api.runner.clock.advance(5 * minutes)
    const refused = await wrong(username)
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
    const wait = Number(refused.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(9 * 60)
    expect(wait).toBeLessThanOrEqual(10 * 60)
    expect(refused.headers.get('ratelimit-policy')).toBe('"account-and-address";q=10;w=900')
    expect(refused.headers.get('ratelimit')).toBe(`"account-and-address";r=0;t=${wait}`)
    // Neither the right password nor more tries change anything: they are not looked at.
    expect(statuses(await inTurn(12, () => right(username)))).toEqual(Array(12).fill(429))
    api.runner.clock.advance(wait * 1000)
    expect((await right(username)).status).toBe(200)
  })

  test('a success clears them', async () => {
    later()
    const { username } = await api.signUp()
    for (const _ of [1, 2, 3]) {
      expect(statuses(await inTurn(9, () => wrong(username)))).toEqual(failures(9))
      expect((await right(username)).status).toBe(200)
    }
  })

  test('successes alone are never refused', async () => {
    later()
    const { username } = await api.signUp()
    expect(statuses(await inTurn(140, () => right(username)))).toEqual(Array(140).fill(200))
  })

  test('a login that asks for too much scope, with the right password, is no failure', async () => {
    later()
    const { username } = await api.signUp()
    const asked = await inTurn(15, () => right(username, { scope: 'users:admin' }))
    expect(statuses(asked)).toEqual(Array(15).fill(422))
  })

  test('an account that is known, unknown, disabled or impossible: all alike', async () => {
    later()
    const [known, disabled] = [await api.signUp(), await api.signUp()]
    const { token } = await api.signIn('admin', password)
    const change = `PATCH /api/v1/users/${disabled.id}`
    await api.call(change, { token, body: { disabled: true } })
    const names = [known.username, unique('nobody'), disabled.username, 'no name at all!', '']
    const seen = await Promise.all(
      names.map(async (name) => {
        const answers = await inTurn(12, () => wrong(name))
        return answers.map(comparable)
      }),
    )
    for (const answers of seen) expect(answers).toEqual(seen[0])
    expect(statuses(seen[0] ?? [])).toEqual([...failures(10), 429, 429])
    // The same name in another case is the same name.
    expect((await wrong(known.username.toUpperCase())).status).toBe(429)
    expect((await wrong('NO NAME at all!')).status).toBe(401)
  })

  test('from one address on all accounts', async () => {
    later()
    const { username } = await api.signUp()
    const answers = await inTurn(130, () => wrong(unique('someone')))
    expect(statuses(answers)).toEqual(failures(130))
    const refused = await right(username)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('ratelimit-policy')).toBe('"address";q=130;w=900')
    const headers = { 'X-Forwarded-For': '192.0.2.1', Forwarded: 'for=192.0.2.1' }
    const body = { username, password }
    expect((await api.call(login, { body, headers })).status).toBe(429)
    const url = `${api.runner.origin}/api/v1/auth/login`
    expect((await sendFrom('127.0.0.77', url, body)).status).toBe(200)
  })

  test('on one account from all addresses: 100; other accounts are not touched', async () => {
    later()
    const [{ username, deviceToken }, other] = [await api.signUp(), await api.signUp()]
    const url = `${api.runner.origin}/api/v1/auth/login`
    const addresses = times(11, (index) => `127.0.1.${index + 1}`)
    const answers = []
    for (const address of addresses)
      for (const _ of times(10, String))
        answers.push(await sendFrom(address, url, { username, password: 'wrong' }))
    expect(statuses(answers)).toEqual([...failures(100), ...Array(10).fill(429)])
    expect(answers.at(-1)?.headers['ratelimit-policy']).toBe('"account";q=100;w=900')
    expect((await right(username)).status).toBe(429)
    expect((await right(username, { device_token: deviceToken })).status).toBe(200)
    expect((await right(other.username)).status).toBe(200)
    const [last] = securityEvents(api)
      .filter(({ event }) => event === 'login_throttled')
      .slice(-1)
    expect(last).toMatchObject({ budget: 'account', address: '127.0.0.1' })
  })
})

describe('a device that has signed in before', () => {
  test('has failures of its own, and they refuse nobody else', async () => {
    later()
    const { username, deviceToken: device_token } = await api.signUp()
    const other = await api.signIn(username, password)
    expect(statuses(await inTurn(10, () => wrong(username, { device_token })))).toEqual(
      failures(10),
    )
    const refused = await right(username, { device_token })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('ratelimit-policy')).toBe('"device";q=10;w=900')
    expect((await right(username, { device_token: other.deviceToken })).status).toBe(200)
    expect((await right(username)).status).toBe(200)
    api.runner.clock.advance(15 * minutes)
    expect((await right(username, { device_token })).status).toBe(200)
  })

  test('stays the same device from login to login', async () => {
    later()
    const { username, deviceToken } = await api.signUp()
    await inTurn(10, () => wrong(username, { device_token: deviceToken }))
    api.runner.clock.advance(15 * minutes)
    const { body } = await right(username, { device_token: deviceToken })
    await inTurn(10, () => wrong(username, { device_token: body.device_token }))
    expect((await right(username, { device_token: deviceToken })).status).toBe(429)
  })

  test('is no device of another account, nor is a token that was made up', async () => {
    later()
    const [owner, thief] = [await api.signUp(), await api.signUp()]
    await inTurn(10, () => wrong(owner.username))
    const { deviceToken, refreshToken } = thief
    const [kind, key, , ...rest] = deviceToken.split('.')
    const forged = [kind, key, owner.id, ...rest].join('.')
    for (const device_token of [deviceToken, forged, refreshToken, '', 'device', 'x'.repeat(9999)])
      expect((await right(owner.username, { device_token })).status).toBe(429)
  })
})

describe('changing the password', () => {
  const change = (token: string, currentPassword: string, newPassword = 'another password') =>
    api.call('POST /api/v1/auth/password', { token, body: { currentPassword, newPassword } })

  test('lets 10 wrong tries through', async () => {
    later()
    const { token, username } = await api.signUp()
    const answers = await inTurn(12, () => change(token, 'wrong'))
    expect(statuses(answers)).toEqual([...Array(10).fill(403), 429, 429])
    expect(answers[0]?.body.code).toBe('wrong_password')
    expect(Number(answers[11]?.headers.get('retry-after'))).toBeGreaterThan(890)
    expect((await change(token, password)).status).toBe(429)
    api.runner.clock.advance(14 * minutes)
    expect((await change(token, password)).status).toBe(429)
    expect((await right(username)).status).toBe(200)
  })

  test('is not kept from the owner by a flood of logins', async () => {
    later()
    const { token, username } = await api.signUp()
    await inTurn(11, () => wrong(username))
    expect((await change(token, password)).status).toBe(204)
  })
})

test('signing up: so many an address and hour, whatever becomes of them', async () => {
  later()
  const username = unique()
  const signup = (body: object, headers = {}) =>
    api.call('POST /api/v1/auth/signup', { body, headers })
  const answers = await inTurn(30, () => signup({ username, password }))
  expect(statuses(answers)).toEqual([201, ...Array(29).fill(409)])
  const fresh = { username: unique(), password }
  const refused = await signup(fresh, { 'X-Forwarded-For': '192.0.2.7' })
  expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
  expect(refused.headers.get('ratelimit-policy')).toBe('"signup";q=30;w=3600')
  const url = `${api.runner.origin}/api/v1/auth/signup`
  expect((await sendFrom('127.0.0.99', url, fresh)).status).toBe(201)
  api.runner.clock.advance(Number(refused.headers.get('retry-after')) * 1000)
  expect((await signup({ username: unique(), password })).status).toBe(201)
})

test('a login reads twice, writes one transaction and the counters', async () => {
  later()
  const { username, deviceToken } = await api.signUp()
  const calls = async (attempt: () => Promise<Answer>) => {
    api.runner.calls.reset()
    await attempt()
    return api.runner.calls().flatMap(({ service, operation, request: { TableName = '' } }) => {
      if (service !== 'dynamodb') return []
      return `${operation} ${String(TableName).replace(/^Tables|[A-F\d]{8}$/g, '')}`.trim()
    })
  }
  const found = ['GetItem credentials']
  // The account's item, which has a part for this address, and the address's own.
  const counted = Array(2).fill('UpdateItem throttle')
  const cleared = Array(2).fill('UpdateItem throttle')
  const begun = ['TransactWriteItems', 'Query sessions']
  expect(await calls(() => wrong(username))).toEqual([...found, ...counted])
  expect(await calls(() => wrong(unique('nobody')))).toEqual([...found, ...counted])
  expect((await calls(() => right(username))).sort()).toEqual(
    [...found, ...counted, ...cleared, ...begun].sort(),
  )
  expect(await calls(() => right(username, { device_token: deviceToken }))).toEqual([
    ...found,
    'UpdateItem throttle',
    'UpdateItem throttle',
    ...begun,
  ])
})

test('what failed in a window counts in no later one, from whatever address', async () => {
  later()
  const { username } = await api.signUp()
  const url = `${api.runner.origin}/api/v1/auth/login`
  const from = (address: string) => sendFrom(address, url, { username, password: 'wrong' })
  for (const _ of times(10, String)) await from('127.0.2.1')
  expect((await from('127.0.2.1')).status).toBe(429)
  api.runner.clock.advance(15 * minutes)
  // Another address begins the next window.
  expect((await from('127.0.2.2')).status).toBe(401)
  const again = []
  for (const _ of times(11, String)) again.push(await from('127.0.2.1'))
  expect(statuses(again)).toEqual([...failures(10), 429])
})

test('a success forgets what failed from its address, and from no other', async () => {
  later()
  const { username } = await api.signUp()
  const url = `${api.runner.origin}/api/v1/auth/login`
  const from = (address: string, typed: string) =>
    sendFrom(address, url, { username, password: typed })
  for (const address of ['127.0.3.1', '127.0.3.2'])
    for (const _ of times(9, String)) await from(address, 'wrong')
  expect((await from('127.0.3.1', password)).status).toBe(200)
  expect(await Promise.all(times(3, () => from('127.0.3.1', 'wrong')))).toMatchObject(
    Array(3).fill({ status: 401 }),
  )
  expect((await from('127.0.3.2', 'wrong')).status).toBe(401)
  expect((await from('127.0.3.2', password)).status).toBe(429)
})

test('the counters hold no name and no address, and are deleted in the end', async () => {
  const rows = await itemsOf(api, 'throttle')
  expect(rows.length).toBeGreaterThan(100)
  for (const row of rows) {
    expect(row.key?.S).toMatch(/^[a-z-]+#[\w-]{43}$/)
    expect(Object.keys(row.endsAt ?? {})).toEqual(['N'])
    const parts = Object.keys(row).filter(
      (name) => !['key', 'last', 'tries', 'endsAt'].includes(name),
    )
    for (const part of parts) expect(part).toMatch(/^[\w-]{11}$/)
  }
  const { model } = api.runner
  const table = model.tables.find(({ name }) => name.startsWith('Tablesthrottle'))
  expect(table?.ttlAttribute).toBe('endsAt')
})
