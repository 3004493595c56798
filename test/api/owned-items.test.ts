import { beforeAll, describe, expect, test } from 'vitest'
import { unique, useApi, usePerson } from './harness.ts'

const memo = { title: 'Hello', body: 'Two\nlines' }

describe('memos', () => {
  const api = useApi()
  const ada = usePerson(api)
  const bob = usePerson(api)
  let id: string
  beforeAll(async () => {
    const answer = await api.call(`POST /api/v1/users/${ada.id}/memos`, {
      token: ada.token,
      body: memo,
    })
    expect(answer.status, answer.text).toBe(201)
    expect(answer.body).toMatchObject({ ...memo, userId: ada.id })
    id = answer.body.id
  })

  test('anybody who may read memos reads those of others', async () => {
    const one = await api.call(`GET /api/v1/users/${ada.id}/memos/${id}`, { token: bob.token })
    expect(one.body).toMatchObject(memo)
    const all = await api.call(`GET /api/v1/users/${ada.id}/memos`, { token: bob.token })
    expect(all.body.items).toEqual([one.body])
  })

  test('others may not write them, and admins may', async () => {
    const path = `/api/v1/users/${ada.id}/memos`
    const item = `${path}/${id}`
    const refused = [
      await api.call(`POST ${path}`, { token: bob.token, body: memo }),
      await api.call(`PATCH ${item}`, { token: bob.token, body: { title: 'x' } }),
      await api.call(`PUT ${item}`, { token: bob.token, body: memo }),
      await api.call(`DELETE ${item}`, { token: bob.token }),
    ]
    for (const answer of refused)
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
    const byAdmin = await api.call(`PATCH ${item}`, {
      token: api.admin.token,
      body: { title: 'x' },
    })
    expect(byAdmin.status).toBe(200)
  })

  test('a memo is found under its own user only', async () => {
    for (const userId of [bob.id, '01890000-0000-7000-8000-000000000000', 'nobody']) {
      const path = `/api/v1/users/${userId}/memos/${id}`
      for (const token of [ada.token, api.admin.token])
        expect((await api.call(`GET ${path}`, { token })).status).toBe(404)
    }
    const unknown = '/api/v1/users/01890000-0000-7000-8000-000000000000/memos'
    for (const token of [ada.token, api.admin.token]) {
      expect((await api.call(`GET ${unknown}`, { token })).status).toBe(404)
      expect((await api.call(`POST ${unknown}`, { token, body: memo })).status).toBe(404)
    }
  })

  test('who may not even read them learns nothing', async () => {
    const blind = await api.signIn(bob.username, bob.password, { scope: 'memos:write' })
    const path = `/api/v1/users/${ada.id}/memos`
    for (const [route, body] of [
      [`POST ${path}`, memo],
      [`PATCH ${path}/${id}`, { title: 'x' }],
      [`DELETE ${path}/${id}`, undefined],
    ] as const)
      expect((await api.call(route, { token: blind.token, body })).status).toBe(404)
  })

  test('deleting a user removes the memos', async () => {
    const eve = await api.signUp(unique())
    const path = `/api/v1/users/${eve.id}/memos`
    for (let count = 0; count < 60; count++) {
      const headers = { 'Idempotency-Key': `key ${count}` }
      expect(
        (await api.call(`POST ${path}`, { token: eve.token, body: memo, headers })).status,
      ).toBe(201)
    }
    expect((await api.call('DELETE /api/v1/users/me', { token: eve.token })).status).toBe(204)
    expect((await api.call(`GET ${path}`, { token: eve.token })).status).toBe(401)
    expect((await api.call(`GET ${path}`, { token: bob.token })).status).toBe(404)
    const told = () => {
      const lines = api.logs.filter((line) => line.includes('cleaned up'))
      return lines.map((line) => JSON.parse(line)).find(({ resource }) => resource === 'memos')
    }
    await expect.poll(told).toMatchObject({ userId: eve.id, count: 120 })
  })
})
