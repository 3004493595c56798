import { describe, expect, test } from 'vitest'
import { password, unique, useApi } from './harness.ts'
import { runScenarios } from './scenarios.ts'

const path = '/api/v1/users'
const nobody = '01890000-0000-7000-8000-000000000000'

describe('users who cannot be seen or spared', () => {
  const api = useApi()

  runScenarios(api, [
    {
      name: 'an admin',
      call: `GET ${path}/me`,
      as: 'admin',
      status: 200,
      keep: { id: 'id' },
    },
    ...['{id}', nobody, '~admins', 'x'.repeat(2100)].flatMap((id) =>
      [
        { call: `GET ${path}/${id}` },
        { call: `PATCH ${path}/${id}`, body: { username: 'stolen' } },
        { call: `PATCH ${path}/${id}`, body: { role: 'admin' } },
        { call: `PATCH ${path}/${id}`, body: 'not JSON' },
        { call: `PATCH ${path}/${id}`, body: 'x', headers: { 'Content-Type': 'text/plain' } },
        { call: `PATCH ${path}/${id}`, body: 'x'.repeat(102_401) },
        { call: `DELETE ${path}/${id}` },
        { call: `DELETE ${path}/${id}`, headers: { 'If-Match': '"x"' } },
      ].map((sent, index) => ({
        ...sent,
        name: `are not there for other members, whatever is sent: ${id.slice(0, 9)} ${index}`,
        as: 'member' as const,
        status: 404,
        code: 'not_found',
      })),
    ),
    ...[nobody, '~admins', 'me%20', 'x'.repeat(2100)].flatMap((id) =>
      [
        { call: `GET ${path}/${id}` },
        { call: `PATCH ${path}/${id}`, body: { username: 'nobody' } },
        { call: `PATCH ${path}/${id}`, body: {} },
        { call: `DELETE ${path}/${id}` },
        { call: `POST ${path}/${id}/password`, body: { newPassword: 'a new password' } },
      ].map((sent, index) => ({
        ...sent,
        name: `that are none are not there for admins: ${id.slice(0, 9)} ${index}`,
        as: 'admin' as const,
        status: 404,
        code: 'not_found',
      })),
    ),
  ])

  test('one enabled admin remains, whoever does what', async () => {
    const second = await api.call(`POST ${path}`, {
      token: api.admin.token,
      body: { username: unique(), password, role: 'admin' },
    })
    const demoted = await api.call(`PATCH ${path}/${second.body.id}`, {
      token: api.admin.token,
      body: { disabled: true },
    })
    expect(demoted.status).toBe(200)
    for (const id of ['me', api.admin.id]) {
      const refused = [
        await api.call(`PATCH ${path}/${id}`, { token: api.admin.token, body: { role: 'member' } }),
        await api.call(`PATCH ${path}/${id}`, { token: api.admin.token, body: { disabled: true } }),
        await api.call(`DELETE ${path}/${id}`, { token: api.admin.token }),
      ]
      for (const answer of refused)
        expect([answer.status, answer.body.code]).toEqual([409, 'last_admin'])
    }
    const me = await api.call(`GET ${path}/me`, { token: api.admin.token })
    expect(me.body).toMatchObject({ role: 'admin', disabled: false })
  })
})
