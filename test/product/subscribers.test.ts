import { describe } from 'vitest'
import { useApi } from '../api/harness.ts'
import { runScenarios } from '../api/scenarios.ts'

const path = '/api/v1/subscribers'
const ada = { email: 'ada@example.org', name: 'Ada' }

describe('subscribers', () => {
  const api = useApi()

  runScenarios(api, [
    {
      name: 'are written by admins',
      as: 'admin',
      call: `POST ${path}`,
      body: ada,
      status: 201,
      holds: ada,
    },
    {
      name: 'have an e-mail address of their own',
      as: 'admin',
      call: `POST ${path}`,
      body: { ...ada, email: 'ADA@example.org' },
      status: 409,
      code: 'email_taken',
    },
    {
      name: 'are found by it',
      as: 'admin',
      call: `GET ${path}?email=ada@example.org`,
      status: 200,
      holds: { items: [ada] },
    },
    { name: 'are nothing for members', as: 'member', call: `GET ${path}`, status: 403 },
  ])
})
