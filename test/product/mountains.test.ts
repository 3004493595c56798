import { describe } from 'vitest'
import { useApi } from '../api/harness.ts'
import { runScenarios } from '../api/scenarios.ts'

const path = '/api/v1/mountains'
const everest = { name: 'everest', heightM: 8848.86, range: 'Himalaya', country: 'Nepal' }

describe('mountains', () => {
  const api = useApi()

  runScenarios(api, [
    {
      name: 'are written by admins, at the address that is their name',
      as: 'admin',
      call: `POST ${path}`,
      body: everest,
      status: 201,
      holds: everest,
      answerHeaders: { location: `${path}/everest` },
    },
    {
      name: 'are not written by members',
      as: 'member',
      call: `POST ${path}`,
      body: { name: 'k2' },
      status: 403,
      code: 'insufficient_scope',
    },
    {
      name: 'are read by members',
      as: 'member',
      call: `GET ${path}/everest`,
      status: 200,
      holds: everest,
    },
    {
      name: 'need no more than a name, and are not higher than the sky',
      as: 'admin',
      call: `POST ${path}`,
      body: { name: 'olympus-mons', heightM: 21_900 },
      status: 422,
      faults: ['/heightM'],
    },
  ])
})
