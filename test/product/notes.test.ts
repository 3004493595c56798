import { describe } from 'vitest'
import { useApi, usePerson } from '../api/harness.ts'
import { runScenarios } from '../api/scenarios.ts'

const path = '/api/v1/notes'

describe('notes', () => {
  const api = useApi()
  const other = usePerson(api)

  runScenarios(api, [
    {
      name: 'are written by every member, with control characters, and are not pinned',
      as: 'member',
      call: `POST ${path}`,
      body: { text: 'a\u0007b' },
      status: 201,
      holds: { text: 'a\u0007b', pinned: false },
      keep: { id: 'id' },
    },
    {
      name: 'are found by whether they are pinned',
      as: 'member',
      call: `GET ${path}?pinned=false`,
      status: 200,
      holds: { items: [{ text: 'a\u0007b' }] },
    },
    {
      name: 'are the own ones in a list, of admins too',
      as: 'admin',
      call: `GET ${path}`,
      status: 200,
      holds: { items: [] },
    },
    {
      name: 'of others are read by admins, by id',
      as: 'admin',
      call: `GET ${path}/{id}`,
      status: 200,
      holds: { text: 'a\u0007b' },
    },
    { name: 'are the owner’s alone', as: () => other.token, call: `GET ${path}/{id}`, status: 404 },
    {
      name: 'are not there for others who write them',
      as: () => other.token,
      call: `PATCH ${path}/{id}`,
      body: { text: 'mine' },
      status: 404,
    },
    { name: 'are not read without a token', call: `GET ${path}/{id}`, status: 401 },
  ])
})
