import { describe, expect, test } from 'vitest'
import { password, unique, useApi, usePerson } from './harness.ts'

/** What an attacker would try first, each tried here. */
describe('holes', () => {
  const api = useApi()
  const ada = usePerson(api)
  const bob = usePerson(api)

  test('M25: members do not give themselves roles', async () => {
    for (const body of [{ role: 'admin' }, { disabled: false }]) {
      const answer = await api.call('PATCH /api/v1/users/me', { token: ada.token, body })
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
    }
    const signup = { username: unique(), password, role: 'admin' }
    expect((await api.call('POST /api/v1/auth/signup', { body: signup })).status).toBe(422)
  })

  test('M19: login grants no scope that the role has not', async () => {
    const { username } = ada
    for (const scope of ['users:admin', 'pupils:read summits:write', 'everything', '']) {
      const body = { username, password, scope }
      expect((await api.call('POST /api/v1/auth/login', { body })).status, scope).toBe(422)
    }
  })

  test('M26: cursors are of one list and caller, and cannot be made', async () => {
    for (let count = 0; count < 3; count++) {
      const body = { name: 'Ada', email: `${unique()}@example.org`, rollNo: '1', age: 20 }
      await api.call('POST /api/v1/pupils', { token: ada.token, body })
    }
    const page = await api.call('GET /api/v1/pupils?limit=1', { token: ada.token })
    const { nextCursor } = page.body
    const list = (cursor: string, token: string, filter = '') =>
      api.call(`GET /api/v1/pupils?cursor=${cursor}${filter}`, { token })
    expect((await list(nextCursor, ada.token)).body.items).toHaveLength(2)
    const last = nextCursor.at(-1) === 'A' ? 'B' : 'A'
    const forged = Buffer.from('0'.repeat(16) + page.body.items[0].id).toString('base64url')
    for (const cursor of [nextCursor.slice(0, -1) + last, nextCursor.slice(4), forged, 'x', '%00'])
      expect((await list(cursor, ada.token)).status, cursor).toBe(400)
    expect((await list(nextCursor, bob.token)).status).toBe(400)
    expect((await list(nextCursor, ada.token, '&name=Ada')).status).toBe(400)
  })

  test("one caller's Idempotency-Key is nothing to another", async () => {
    const headers = { 'Idempotency-Key': 'the same key' }
    const body = (email: string) => ({ name: 'Ada', email, rollNo: '1', age: 20 })
    const mine = { headers, body: body(`${unique()}@example.org`), token: ada.token }
    const first = await api.call('POST /api/v1/pupils', mine)
    const theirs = { headers, body: body(`${unique()}@example.org`), token: bob.token }
    const second = await api.call('POST /api/v1/pupils', theirs)
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body.id).not.toBe(first.body.id)
    expect((await api.call('POST /api/v1/pupils', mine)).text).toBe(first.text)
  })

  test('M18: a deleted user is signed out everywhere', async () => {
    const eve = await api.signUp()
    const again = await api.signIn(eve.username, password)
    expect((await api.call('DELETE /api/v1/users/me', { token: eve.token })).status).toBe(204)
    for (const { token, refreshToken } of [eve, again]) await expectRefused(token, refreshToken)
  })

  test('a disabled user is signed out, and stays out', async () => {
    const eve = await api.signUp()
    const path = `PATCH /api/v1/users/${eve.id}`
    const off = await api.call(path, { token: api.admin.token, body: { disabled: true } })
    expect(off.status).toBe(200)
    await expectRefused(eve.token, eve.refreshToken)
    const login = { body: { username: eve.username, password } }
    const refused = await api.call('POST /api/v1/auth/login', login)
    expect([refused.status, refused.body.code]).toEqual([401, 'invalid_credentials'])
    await api.call(path, { token: api.admin.token, body: { disabled: false } })
    expect((await api.call('POST /api/v1/auth/login', login)).status).toBe(200)
  })

  test('the last enabled admin remains', async () => {
    const { token, id } = api.admin
    const tries = [
      await api.call(`PATCH /api/v1/users/${id}`, { token, body: { disabled: true } }),
      await api.call(`PATCH /api/v1/users/${id}`, { token, body: { role: 'member' } }),
      await api.call(`DELETE /api/v1/users/${id}`, { token }),
    ]
    for (const answer of tries)
      expect([answer.status, answer.body.code]).toEqual([409, 'last_admin'])
  })

  test('a refresh token that was used is no good later, and takes its session with it', async () => {
    const eve = await api.signUp()
    const refresh = (refresh_token: string) =>
      api.call('POST /api/v1/auth/refresh', { body: { refresh_token } })
    const first = await refresh(eve.refreshToken)
    expect(first.status).toBe(200)
    expect((await refresh(eve.refreshToken)).body.refresh_token).toBe(first.body.refresh_token)
    api.runner.clock.advance(31_000)
    const late = await refresh(eve.refreshToken)
    expect([late.status, late.body.code]).toEqual([401, 'invalid_grant'])
    await expectRefused(first.body.access_token, first.body.refresh_token)
  })

  test('M22: a password is never cut off', async () => {
    const long = 'ä'.repeat(36)
    const username = unique()
    const signup = (secret: string) =>
      api.call('POST /api/v1/auth/signup', { body: { username, password: secret } })
    expect((await signup('ä'.repeat(257))).status).toBe(422)
    expect((await signup(long)).status).toBe(201)
    const body = { username, password: `${long}x` }
    expect((await api.call('POST /api/v1/auth/login', { body })).status).toBe(401)
  })

  async function expectRefused(token: string, refresh_token: string): Promise<void> {
    expect((await api.call('GET /api/v1/private', { token })).status).toBe(401)
    const answer = await api.call('POST /api/v1/auth/refresh', { body: { refresh_token } })
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_grant'])
  }
})
