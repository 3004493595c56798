import { afterEach, expect, test } from 'vitest'
import type { AwsCall, Fault } from '../../infra/local/aws/calls.ts'
import { useApi } from '../api/harness.ts'
import { dump } from '../invariants.ts'

/** Looks for memos, deletes them, looks once more. */
const steps = [0, 1, 2]

const wrongs: Fault[] = [
  { error: 'AccessDeniedException' },
  { killFunction: 'before' },
  { killFunction: 'after' },
]

let fault: ((call: AwsCall) => Fault | undefined) | undefined
const api = useApi({ intercept: (call) => fault?.(call) })
afterEach(() => {
  fault = undefined
})

test.each(steps.flatMap((step) => wrongs.map((wrong) => [step, wrong] as const)))(
  'what a deleted user owned goes, although call %i meets %o',
  async (step, wrong) => {
    const { id, token } = await api.signUp()
    const body = { title: 'To be cleaned up', body: '' }
    await api.call(`POST /api/v1/users/${id}/memos`, { token, body })
    let seen = -1
    fault = (call) => {
      if (call.function !== 'clean-up') return undefined
      seen += 1
      return seen === step ? wrong : undefined
    }
    expect((await api.call('DELETE /api/v1/users/me', { token })).status).toBe(204)
    const left = async () => {
      const { memos = [] } = await dump(api.runner, ['memos'])
      return memos.filter(({ userId }) => userId === id)
    }
    await expect.poll(() => seen).toBeGreaterThan(step)
    await expect.poll(left).toEqual([])
    expect(api.runner.deadLetters).toEqual([])
  },
)
