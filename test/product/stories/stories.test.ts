import { expect, test } from 'vitest'
import { password, startApi } from '../../api/harness.ts'
import { walk } from './walk.ts'

test("the five tutorials' stories, without their mistakes", async () => {
  const api = await startApi()
  try {
    for await (const { step, call, status } of walk(api.runner.origin, {
      username: 'admin',
      password,
    }))
      expect([call, status]).toEqual([call, step.status])
  } finally {
    await api.stop()
  }
})
