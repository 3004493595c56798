import { afterAll, beforeAll, expect, test } from 'vitest'
import { exercised, operationIds } from '../api/answers.ts'
import { type Api, startApi } from '../api/harness.ts'
import { everyOperation } from '../infra/every-operation.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api?.stop())

test('every operation of the document answers with success, as documented', async () => {
  await everyOperation(api)
  expect(operationIds.filter((id) => !exercised.has(id))).toEqual([])
})
