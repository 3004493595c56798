import { expect, test } from 'vitest'
import { edited, meterHandler } from '../assembly.ts'
import { configured, repetitions, times } from '../auth/support.ts'
import { password, unique, useApi } from './harness.ts'
import { address, withAddress } from './mails.ts'

const metered = () =>
  edited(
    configured({ BCRYPT_COST: '4', FORGOT_BUDGET: '99999/3600', SIGNUP_BUDGET: '99999/3600' }),
    ({ bundle }) => {
      for (const name of ['email', 'signup']) meterHandler(bundle(name), name)
    },
  )

const api = useApi(() => ({ assembly: metered() }))
const rounds = repetitions(500, 15)

/** Microseconds of requests of both kinds, made in turn, so that both see the same weather. */
async function compare(lambda: string, asked: readonly (() => Promise<unknown>)[]) {
  const computed = asked.map(() => [] as number[])
  // An instance's first requests do more.
  for (const _ of times(5, String)) for (const ask of asked) await ask()
  for (const round of times(rounds, Number)) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0]
    for (const index of order) {
      api.logs.length = 0
      await asked[index]?.()
      const line = api.logs.find((text) => text.includes(`${lambda} computed for `)) ?? ''
      computed[index]?.push(Number(/computed for (\d+)/.exec(line)?.[1]))
    }
  }
  const medians = computed.map(
    (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0,
  )
  console.log(`${lambda}: ${medians.join(' and ')} µs`)
  expect(Math.min(...medians)).toBeGreaterThan(100)
  // The noise of a median shrinks with the root of the number of rounds.
  expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(repetitions(1.15, 1.6))
}

test('a forgotten password takes as long for an address that is not there', async () => {
  const { email } = await withAddress(api)
  const forget = (to: string) => () =>
    api.call('POST /api/v1/auth/password/forgot', { body: { email: to } })
  await compare('email', [forget(email), forget(address())])
})

test('a signup takes as long for an address that somebody has', async () => {
  const { email } = await withAddress(api)
  const signUp = (to: string) => () =>
    api.call('POST /api/v1/auth/signup', { body: { username: unique(), password, email: to } })
  await compare('signup', [signUp(email), signUp(address())])
})
