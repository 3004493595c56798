import { describe, expect, test } from 'vitest'
import { configured, securityEvents, times } from '../auth/support.ts'
import { password, unique, useApi } from './harness.ts'

const login = 'POST /api/v1/auth/login'

describe('what a login tells', () => {
  const api = useApi()

  test('a scope that no token can have is refused whoever asks, before the password counts', async () => {
    const { username } = await api.signUp()
    for (const name of [username, unique('nobody')]) {
      const answer = await api.call(login, { body: { username: name, password, scope: 'nope' } })
      expect([answer.status, answer.body.errors]).toEqual([
        422,
        [{ pointer: '/scope', detail: 'contains unknown scopes: nope' }],
      ])
    }
  })

  test('a right password with a scope that the role lacks leaves an event with the user', async () => {
    const { id, username } = await api.signUp()
    const body = { username, password, scope: 'users:admin' }
    expect((await api.call(login, { body })).status).toBe(422)
    const wrong = await api.call(login, { body: { ...body, password: 'wrong password' } })
    expect(wrong.status).toBe(401)
    const refused = securityEvents(api).filter(({ event }) => event === 'login_refused_scope')
    expect(refused).toMatchObject([{ userId: id }])
  })

  test.each(['username', 'password', 'scope', 'device_token'])(
    'a %s is bounded as it was sent',
    async (field) => {
      const long = '\u0344'.repeat(30_000)
      const body = { username: 'somebody', password, [field]: long }
      const answer = await api.call(login, { body })
      expect([answer.status, answer.body.errors?.[0].pointer]).toEqual([422, `/${field}`])
    },
  )

  test('the first 100 faults are told, and how many there are beyond them', async () => {
    const body = Object.fromEntries(times(250, (index) => [`unknown${index}`, 1]))
    const answer = await api.call('POST /api/v1/auth/signup', { body })
    expect([answer.status, answer.body.errors.length]).toEqual([422, 100])
    expect(answer.body.detail).toBe('The request is not valid; 152 more faults are not shown.')
  })
})

// Two windows of the same length are counted in one item.
describe.each(['5/900', '5/1800'])('the devices of an account, %s', (all) => {
  const api = useApi(() => ({
    assembly: configured({ DEVICE_BUDGET: '3/900', DEVICES_BUDGET: all }),
  }))

  test('all devices of an account share a budget that only device tokens use', async () => {
    const { username, deviceToken } = await api.signUp()
    const { deviceToken: second } = await api.signIn(username, password)
    const wrong = (device_token: string) =>
      api.call(login, { body: { username, password: 'wrong password', device_token } })
    const tries = async (device_token: string) => (await wrong(device_token)).status
    for (const expected of [401, 401, 401, 429]) expect(await tries(deviceToken)).toBe(expected)
    for (const expected of [401, 401, 429]) expect(await tries(second)).toBe(expected)
    const { headers } = await wrong(deviceToken)
    expect(headers.get('ratelimit-policy')).toBe('"device";q=3;w=900')
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(900)
    expect((await api.call(login, { body: { username, password } })).status).toBe(200)
  })
})

describe('what is counted', () => {
  const api = useApi()

  test('renames, refused ones too: 10 an hour; those by an admin are not', async () => {
    const [taken, member] = [await api.signUp(), await api.signUp()]
    const rename = (username: string, token = member.token, id = 'me') =>
      api.call(`PATCH /api/v1/users/${id}`, { token, body: { username } })
    for (const _ of times(9, String)) expect((await rename(taken.username)).status).toBe(409)
    expect((await rename(unique('renamed'))).status).toBe(200)
    expect(securityEvents(api).some(({ event }) => event === 'user_renamed')).toBe(true)
    expect((await rename(unique('again'))).status).toBe(429)
    expect((await rename(unique('by-admin'), api.admin.token, member.id)).status).toBe(200)
  })
})

describe('what stays behind', () => {
  const api = useApi({ direct: false })

  test('of an idempotent create of a user: nothing that guesses at the password faster than the hash', async () => {
    const body = { username: unique(), password }
    const sent = { token: api.admin.token, body, headers: { 'Idempotency-Key': '1' } }
    const first = await api.call('POST /api/v1/users', sent)
    expect(first.status).toBe(201)
    expect((await api.call('POST /api/v1/users', sent)).text).toBe(first.text)
    const other = { ...sent, body: { ...body, password: 'another password' } }
    expect((await api.call('POST /api/v1/users', other)).body.code).toBe('idempotency_key_reused')
    const prints = api.runner.calls().flatMap(({ request }) => printsIn(request))
    expect(prints.length).toBeGreaterThan(0)
    for (const print of prints) expect(print).toMatch(/^\$2b\$/)
  })

  test('`create-admin` of a name that a member has fails, and says why', async () => {
    const { username } = await api.signUp()
    const created = api.runner.invoke('admin', { command: 'create-admin', username, password })
    await expect(created).rejects.toThrow(`${username} already exists and is a member`)
  })
})

/** The fingerprints of idempotency records in what was sent to DynamoDB. */
function printsIn(request: unknown): string[] {
  return [...JSON.stringify(request).matchAll(/"fingerprint":\{"S":"([^"]+)"/g)].map(
    ([, print = '']) => print,
  )
}
