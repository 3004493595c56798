import { describe, expect, test } from 'vitest'
import { type Person, useApi } from './harness.ts'

const path = '/api/v1/bulletins'
const api = useApi()

describe('a hook before a write', () => {
  async function make(title: string) {
    return api.call(`POST ${path}`, { token: api.admin.token, body: { title } })
  }

  async function titles(): Promise<string[]> {
    const { body } = await api.call(`GET ${path}?limit=100`)
    return body.items.map(({ title }: { title: string }) => title)
  }

  test.each(['throws', 'does not fit', 'is nothing'])(
    'that %s writes nothing: 500',
    async (title) => {
      const answer = await make(title)
      expect([answer.status, answer.body.code]).toEqual([500, 'internal_error'])
      expect(answer.body.requestId).toBeTruthy()
      expect(await titles()).not.toContain(title)
    },
  )

  test('that changes what is not its own finds it put back', async () => {
    const made = await make('is another')
    expect(made.status).toBe(201)
    expect(made.body.id).not.toMatch(/^01890000/)
    expect(made.body.shout).toBe('IS ANOTHER')
    const changed = await api.call(`PATCH ${path}/${made.body.id}`, {
      token: api.admin.token,
      body: { title: 'is another', shout: 'mine' },
    })
    expect([changed.body.id, changed.body.createdAt]).toEqual([made.body.id, made.body.createdAt])
  })

  test('is asked on a change too, which is not written when it fails', async () => {
    const { body } = await make('a title')
    const token = api.admin.token
    const answer = await api.call(`PATCH ${path}/${body.id}`, { token, body: { title: 'throws' } })
    expect(answer.status).toBe(500)
    expect((await api.call(`GET ${path}/${body.id}`)).body).toEqual(body)
  })
})

describe('a route of one’s own', () => {
  const call = (id: string, person?: Person, headers = {}) =>
    api.call(`POST ${path}/${id}/sending`, { token: person?.token, headers })

  test('changes its item under the rules of a PATCH', async () => {
    const token = api.admin.token
    const made = await api.call(`POST ${path}`, { token, body: { title: 'news' } })
    const { id } = made.body
    expect((await call(id)).status).toBe(401)
    expect((await call(id, api.member)).status).toBe(403)
    expect((await call('01890000-0000-7000-8000-000000000000', api.admin)).status).toBe(404)
    expect((await call(id, api.admin, { 'If-Match': '"stale"' })).status).toBe(412)
    const sent = await call(id, api.admin, { 'If-Match': made.headers.get('etag') })
    expect(sent.status).toBe(200)
    expect(sent.body).toEqual({
      ...made.body,
      sentAt: sent.body.sentAt,
      updatedAt: sent.body.updatedAt,
    })
    expect(sent.body.sentAt).toBeTruthy()
    expect(sent.headers.get('etag')).not.toBe(made.headers.get('etag'))
    expect((await api.call(`GET ${path}/${id}/letters`)).body).toBe('4')
  })
})

test('a function is told of every change, in order, and again where it failed', async () => {
  const token = api.admin.token
  const { body } = await api.call(`POST ${path}`, { token, body: { title: 'first' } })
  await api.call(`PATCH ${path}/${body.id}`, { token, body: { title: 'fails once' } })
  await api.call(`DELETE ${path}/${body.id}`, { token })
  const told = () =>
    api.logs
      .filter((line) => line.includes('bulletin changed'))
      .map((line) => JSON.parse(line))
      .filter(({ before, after }) => [before, after].some((title) => /^f/.test(title)))
      .map(({ before, after }) => [before, after])
  await expect.poll(told).toEqual([
    [undefined, 'first'],
    ['first', 'fails once'],
    ['fails once', undefined],
  ])
  // The log says which item it was: the queue of dead letters does not.
  const failures = api.logs.filter((line) => line.includes('a change was not handled'))
  expect(failures.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'ERROR', keys: { id: { S: body.id } }, id: expect.any(String) },
  ])
})
