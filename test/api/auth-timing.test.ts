import { expect, inject, test } from 'vitest'
import { edited, meterHandler } from '../assembly.ts'
import { configured, itemsOf, repetitions, times } from '../auth/support.ts'
import { enrolled, shownCode } from './authenticator.ts'
import { password, unique, useApi } from './harness.ts'

const login = 'POST /api/v1/auth/login'

const metered = () =>
  edited(inject('assembly'), ({ bundle }) => meterHandler(bundle('login'), 'login'))

const api = useApi(() => ({ assembly: configured({ BCRYPT_COST: '10' }, metered()) }))

/** Milliseconds that a failing login took, and computed. */
async function attempt(username: string, secret: string) {
  const started = performance.now()
  const { status } = await api.call(login, { body: { username, password: secret } })
  const taken = performance.now() - started
  expect(status).toBe(401)
  const line = api.logs.findLast((text) => text.includes('computed for ')) ?? ''
  const [, computed] = /computed for (\d+)/.exec(line) ?? []
  return { taken, computed: Number(computed) / 1000 }
}

/** All kinds of failure in turn, so that all see the same weather. */
async function expectAlike(
  kinds: Readonly<Record<string, () => readonly [username: string, password: string]>>,
  rounds: number,
): Promise<void> {
  const names = Object.keys(kinds)
  const seen = new Map(names.map((kind) => [kind, [] as Awaited<ReturnType<typeof attempt>>[]]))
  for (const round of times(rounds, Number)) {
    if (round % 5 === 0) api.runner.clock.advance(16 * 60_000)
    for (const [kind, make] of Object.entries(kinds)) seen.get(kind)?.push(await attempt(...make()))
  }
  const quantile = (list: readonly number[], part: number) =>
    [...list].sort((a, b) => a - b)[Math.floor(part * list.length)] ?? 0
  const rows = [...seen].map(([kind, list]) => {
    const [taken, computed] = [list.map((one) => one.taken), list.map((one) => one.computed)]
    const columns = [0.1, 0.5, 0.9].flatMap((part) => [
      [`taken ${part}`, Math.round(quantile(taken, part))],
      [`computed ${part}`, Math.round(quantile(computed, part))],
    ])
    return [kind, Object.fromEntries(columns)]
  })
  console.table(Object.fromEntries(rows))
  const medians = [...seen.values()].map((list) =>
    quantile(
      list.map(({ computed }) => computed),
      0.5,
    ),
  )
  expect(Math.min(...medians)).toBeGreaterThan(20)
  expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(1.3)
}

test('M12: a failed login takes as long, whether there is such a user or not', async () => {
  const [known, disabled] = [await api.signUp(), await api.signUp()]
  const { token } = api.admin
  await api.call(`PATCH /api/v1/users/${disabled.id}`, { token, body: { disabled: true } })
  await expectAlike(
    {
      'a wrong password': () => [known.username, 'wrong password'],
      'no such user': () => [unique('nobody'), 'wrong password'],
      'what no name can be': () => ['no name at all!', 'wrong password'],
      'a disabled user': () => [disabled.username, password],
      'a password of 500 bytes': () => [known.username, 'x'.repeat(500)],
    },
    repetitions(100, 10),
  )
})

test('M12: also when hashes are older than the configured cost; a login renews them', async () => {
  await api.runner.reload(configured({ BCRYPT_COST: '7' }, metered()))
  const [old, renewed, owing] = [await api.signUp(), await api.signUp(), await api.signUp()]
  const { secret } = await enrolled(api, owing.token)
  await api.runner.reload(configured({ BCRYPT_COST: '10' }, metered()))
  await api.signIn(renewed.username, password)
  // Of a login with a second factor, the first half knows the password.
  const { body } = await api.call(login, { body: { username: owing.username, password } })
  const proof = { challenge: body.challenge, code: shownCode(api, secret) }
  expect((await api.call('POST /api/v1/auth/login/factor', { body: proof })).status).toBe(200)
  const rows = await itemsOf(api, 'credentials')
  const costOf = (name: string) =>
    rows.find(({ username }) => username?.S === name)?.hash?.S?.slice(0, 7)
  const costs = [old, renewed, owing].map(({ username }) => costOf(username))
  expect(costs).toEqual(['$2b$07$', '$2b$10$', '$2b$10$'])
  await expectAlike(
    {
      'an old hash': () => [old.username, 'wrong password'],
      'no such user': () => [unique('nobody'), 'wrong password'],
    },
    repetitions(100, 10),
  )
  await api.signIn(renewed.username, password)
})
