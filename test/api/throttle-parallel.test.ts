import { beforeAll, describe, expect, test } from 'vitest'
import { comparison, countingComparisons, repetitions, times } from '../auth/support.ts'
import { type Answer, password, unique, useApi } from './harness.ts'

const login = 'POST /api/v1/auth/login'

const api = useApi(() => ({ assembly: countingComparisons(), concurrency: 12 }))
beforeAll(async () => {
  // Many at once, so that all instances run: each of these names is tried once.
  const flood = times(120, () =>
    api.call(login, { body: { username: unique('warm'), password: 'wrong' } }),
  )
  await Promise.all(flood)
})

const comparisons = () => api.logs.filter((line) => line.includes(comparison)).length

describe('500 wrong logins at the same moment on one account', () => {
  test.each(['known', 'unknown'])(
    '%s: exactly 10 passwords are compared',
    async (kind) => {
      const person = await api.signUp()
      const username = kind === 'known' ? person.username : unique('nobody')
      const before = comparisons()
      const attempt = (_: unknown, index: number) =>
        api.call(login, {
          body: { username, password: `wrong ${index}` },
          headers: { 'X-Forwarded-For': `192.0.2.${index % 250}`, 'X-Real-IP': '192.0.2.9' },
        })
      const attackers = Promise.all(Array.from({ length: 500 }, attempt))
      // Meanwhile the owner signs in, on a device that has done so before.
      const owner: Answer[] = []
      let over = false
      void attackers.then(() => {
        over = true
      })
      while (!over || owner.length < repetitions(20, 5)) {
        const { deviceToken } = person
        const body = { username: person.username, password, device_token: deviceToken }
        owner.push(await api.call(login, { body }))
      }
      const answers = await attackers
      expect(new Set(owner.map(({ status }) => status))).toEqual(new Set([200]))
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(490)
      expect(comparisons() - before).toBe(10 + owner.length)
      expect(api.runner.functions.instances().login).toBeGreaterThan(1)
    },
    120_000,
  )
})
