import { describe, expect, test } from 'vitest'
import { synthesize } from '../assembly.ts'
import { times } from '../auth/support.ts'
import { testStage } from '../stage.ts'
import { withoutTime } from '../time.ts'
import { useApi } from './harness.ts'

/** The harness checks that every answer is problem details with all headers. */
describe('what the gateway answers by itself', () => {
  const throttle = { rate: 1, burst: 10 }
  const api = useApi(async () => ({ assembly: await synthesize({ ...testStage, throttle }) }))

  test('to a body that no function ever sees', async () => {
    const { token } = api.admin
    const body = 'x'.repeat(10 * 1024 * 1024 + 1)
    const answer = await api.call('POST /api/v1/pupils', { token, body })
    expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large'])
  })

  test('to too many requests', async () => {
    await withoutTime(api.runner.clock, async () => {
      const answers = await Promise.all(times(30, () => api.call('GET /api/v1/health')))
      const refused = answers.filter(({ status }) => status !== 200)
      expect(refused.length).toBeGreaterThanOrEqual(20)
      for (const { status, body, headers } of refused) {
        expect([status, body.code]).toEqual([429, 'too_many_requests'])
        expect(headers.get('retry-after')).toBe('1')
      }
    })
  })
})
