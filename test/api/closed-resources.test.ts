import { describe } from 'vitest'
import { useApi } from './harness.ts'
import { runScenarios } from './scenarios.ts'

const path = '/api/v1/patrons'
const ada = { email: 'Ada@Example.org', name: 'Ada' }

describe('patrons, a list for admins alone', () => {
  const api = useApi()

  runScenarios(api, [
    ...['GET', 'POST'].map((method) => ({
      name: `are closed to members: ${method}`,
      call: `${method} ${path}`,
      as: 'member' as const,
      ...(method === 'POST' && { body: ada }),
      status: 403,
      code: 'insufficient_scope',
    })),
    {
      name: 'are created',
      call: `POST ${path}`,
      as: 'admin',
      body: ada,
      status: 201,
      holds: ada,
      keep: { id: 'id' },
    },
    {
      name: 'are closed to members, one by one too',
      call: `GET ${path}/{id}`,
      as: 'member',
      status: 403,
      code: 'insufficient_scope',
    },
    {
      name: 'have an address once, in whatever case',
      call: `POST ${path}`,
      as: 'admin',
      body: { ...ada, email: 'aDA@eXAMPLE.org' },
      status: 409,
      code: 'email_taken',
    },
    {
      name: 'need an address and a name',
      call: `POST ${path}`,
      as: 'admin',
      body: { email: 'a@b' },
      status: 422,
      faults: ['/email', '/name'],
    },
    {
      name: 'are found by address in whatever case, shown as entered',
      call: `GET ${path}?email=ada@example.ORG`,
      as: 'admin',
      status: 200,
      holds: { items: [ada], nextCursor: null },
    },
    {
      name: 'are not found by what is no address',
      call: `GET ${path}?email=ada`,
      as: 'admin',
      status: 400,
      code: 'bad_request',
    },
    {
      name: 'may change the case of their address',
      call: `PATCH ${path}/{id}`,
      as: 'admin',
      body: { email: 'ADA@example.org' },
      status: 200,
      holds: { email: 'ADA@example.org' },
    },
    {
      name: 'may change their address',
      call: `PATCH ${path}/{id}`,
      as: 'admin',
      body: { email: 'lovelace@example.org' },
      status: 200,
      holds: { email: 'lovelace@example.org', name: 'Ada' },
    },
    {
      name: 'are not found by the old address',
      call: `GET ${path}?email=ada@example.org`,
      as: 'admin',
      status: 200,
      holds: { items: [] },
    },
    {
      name: 'leave the old address to others',
      call: `POST ${path}`,
      as: 'admin',
      body: ada,
      status: 201,
      keep: { other: 'id' },
    },
    {
      name: 'cannot take the address of another',
      call: `PUT ${path}/{other}`,
      as: 'admin',
      body: { name: 'Ada', email: 'LOVELACE@example.org' },
      status: 409,
      code: 'email_taken',
    },
    { name: 'are deleted', call: `DELETE ${path}/{id}`, as: 'admin', status: 204 },
    {
      name: 'leave their address to others',
      call: `PUT ${path}/{other}`,
      as: 'admin',
      body: { name: 'Ada', email: 'LOVELACE@example.org' },
      status: 200,
      holds: { email: 'LOVELACE@example.org' },
    },
  ])
})
