import { expect, test } from 'vitest'
import { exercised, operationIds } from '../api/answers.ts'
import { useApi } from '../api/harness.ts'
import { everyOperation } from '../infra/every-operation.ts'

const api = useApi()

test('every operation of the document answers with success, as documented', async () => {
  await everyOperation(api)
  expect(operationIds.filter((id) => !exercised.has(id))).toEqual([])
})
