import { afterAll, beforeAll, expect, test } from 'vitest'
import { configured, itemsOf, repetitions, times } from '../auth/support.ts'
import { type Api, password, startApi, unique } from './harness.ts'

const login = 'POST /api/v1/auth/login'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api?.stop())

const attempt = async (username: string, secret: string) => {
  const started = performance.now()
  const { status } = await api.call(login, { body: { username, password: secret } })
  expect(status).toBe(401)
  return performance.now() - started
}

/** Milliseconds of each kind of failure, taken in turn so that all see the same weather. */
async function measure(
  kinds: Readonly<Record<string, () => readonly [username: string, password: string]>>,
  rounds: number,
): Promise<Record<string, number[]>> {
  const taken: Record<string, number[]> = Object.fromEntries(
    Object.keys(kinds).map((kind) => [kind, []]),
  )
  for (const round of times(rounds, Number)) {
    if (round % 5 === 0) api.runner.clock.advance(16 * 60_000)
    for (const [kind, make] of Object.entries(kinds)) taken[kind]?.push(await attempt(...make()))
  }
  for (const list of Object.values(taken)) list.sort((a, b) => a - b)
  const columns = ['10 %', 'median', '90 %']
  const table = Object.entries(taken).map(([kind, list]) => {
    const values = [0.1, 0.5, 0.9].map((part) => list[Math.floor(part * list.length)] ?? 0)
    return [kind, Object.fromEntries(values.map((value, i) => [columns[i], Math.round(value)]))]
  })
  console.table(Object.fromEntries(table))
  return taken
}

function expectAlike(taken: Record<string, number[]>): void {
  // The lower quartile: what else the machine does only ever adds to it.
  const quartiles = Object.values(taken).map((list) => list[Math.floor(list.length / 4)] ?? 0)
  expect(Math.max(...quartiles) / Math.min(...quartiles)).toBeLessThan(1.5)
}

test('M12: a failed login takes as long, whether there is such a user or not', async () => {
  const [known, disabled] = [await api.signUp(), await api.signUp()]
  const { token } = api.admin
  await api.call(`PATCH /api/v1/users/${disabled.id}`, { token, body: { disabled: true } })
  const taken = await measure(
    {
      'a wrong password': () => [known.username, 'wrong password'],
      'no such user': () => [unique('nobody'), 'wrong password'],
      'what no name can be': () => ['no name at all!', 'wrong password'],
      'a disabled user': () => [disabled.username, password],
      'a password of 500 bytes': () => [known.username, 'x'.repeat(500)],
    },
    repetitions(100, 15),
  )
  expectAlike(taken)
}, 600_000)

test('M12: also when hashes are older than the configured cost; a login renews them', async () => {
  await api.runner.reload(configured({ BCRYPT_COST: '7' }))
  const [old, renewed] = [await api.signUp(), await api.signUp()]
  await api.runner.reload(configured({ BCRYPT_COST: '10' }))
  await api.signIn(renewed.username, password)
  const rows = await itemsOf(api, 'credentials')
  const costOf = (name: string) =>
    rows.find(({ username }) => username?.S === name)?.hash?.S?.slice(0, 7)
  expect([costOf(old.username), costOf(renewed.username)]).toEqual(['$2b$07$', '$2b$10$'])
  const taken = await measure(
    {
      'an old hash': () => [old.username, 'wrong password'],
      'no such user': () => [unique('nobody'), 'wrong password'],
    },
    repetitions(100, 15),
  )
  expectAlike(taken)
  await api.signIn(renewed.username, password)
}, 600_000)
