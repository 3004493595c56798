import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { dump } from '../invariants.ts'
import { password, unique, useApi, usePerson } from './harness.ts'
import { pupil } from './pupil.ts'

const path = '/api/v1/pupils'
const day = 24 * 60 * 60 * 1000

describe('Idempotency-Key', () => {
  const api = useApi()
  let ada = usePerson(api)
  const bob = usePerson(api)

  function create(key: string, body: unknown, who = ada, at = path) {
    return api.call(`POST ${at}`, { token: who.token, body, headers: { 'Idempotency-Key': key } })
  }

  async function count(): Promise<number> {
    const page = await api.call(`GET ${path}?limit=100`, { token: ada.token })
    return page.body.items.length
  }

  test('a repeat answers the first answer, byte for byte', async () => {
    const body = pupil({ name: 'Zoë 🏔' })
    const first = await create('one', body)
    const before = await count()
    const again = await create('one', body)
    expect(again.status).toBe(201)
    expect(again.text).toBe(first.text)
    for (const name of ['etag', 'location', 'content-type'])
      expect(again.headers.get(name)).toBe(first.headers.get(name))
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(await count()).toBe(before)
  })

  test('leaves no hash of a body by which a password in it could be guessed', async () => {
    const body = JSON.stringify({ username: unique(), password })
    const made = { token: api.admin.token, body, headers: { 'Idempotency-Key': 'secret' } }
    expect((await api.call('POST /api/v1/users', made)).status).toBe(201)
    const stored = JSON.stringify(await dump(api.runner, ['users']))
    expect(stored).toContain('fingerprint')
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(stored).not.toContain(hash('sha256', body, encoding))
  })

  test('also when the item has changed, and when it is gone', async () => {
    const body = pupil()
    const first = await create('two', body)
    const item = first.headers.get('location')
    await api.call(`PATCH ${item}`, { token: ada.token, body: { age: 99 } })
    expect((await create('two', body)).text).toBe(first.text)
    await api.call(`DELETE ${item}`, { token: ada.token })
    expect((await create('two', body)).text).toBe(first.text)
    expect((await api.call(`GET ${item}`, { token: ada.token })).status).toBe(404)
  })

  test('one byte more in the body is another request', async () => {
    const body = JSON.stringify(pupil())
    expect((await create('three', body)).status).toBe(201)
    for (const other of [`${body} `, `\ufeff${body}`, body.replace('"Ada"', '"Ad\\u0061"')]) {
      const answer = await create('three', other)
      expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_key_reused'])
    }
    expect((await create('three', body)).status).toBe(201)
  })

  test('keys differ by case, by caller and by path', async () => {
    const answers = [
      await create('four', pupil()),
      await create('FOUR', pupil()),
      await create('four', pupil(), bob),
      await create('four', { email: 'four@example.org', name: 'x' }, api.admin, '/api/v1/patrons'),
      await create('four', { title: 'x', body: '' }, ada, `/api/v1/users/${ada.id}/memos`),
      await create('four', { title: 'x', body: '' }, bob, `/api/v1/users/${bob.id}/memos`),
      await create('four', { title: 'x', body: '' }, api.admin, `/api/v1/users/${ada.id}/memos`),
    ]
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(answers.length)
  })

  test('the caller is the user, whatever the session', async () => {
    const body = pupil()
    const first = await create('five', body)
    const elsewhere = await api.signIn(ada.username, ada.password)
    expect((await create('five', body, elsewhere)).text).toBe(first.text)
  })

  test('is remembered for a day and no longer', async () => {
    const body = { name: unique('peak') }
    const at = '/api/v1/summits'
    const first = await create('six', body, api.admin, at)
    api.runner.clock.advance(day - 60_000)
    const admin = await api.signIn('admin', password)
    expect((await create('six', body, admin, at)).text).toBe(first.text)
    api.runner.clock.advance(61_000)
    expect((await create('six', body, admin, at)).body.code).toBe('name_taken')
    await api.call(`DELETE ${first.headers.get('location')}`, { token: admin.token })
    const later = await create('six', body, admin, at)
    expect(later.status).toBe(201)
    expect(later.body.createdAt > first.body.createdAt).toBe(true)
    ada = await api.signIn(ada.username, ada.password)
    Object.assign(api, { admin })
  })

  test('keeps no answer but success', async () => {
    const body = pupil()
    await create('seven', body)
    expect((await create('eight', body)).body.code).toBe('email_taken')
    expect((await create('eight', { ...body, age: 'x' })).status).toBe(422)
    expect((await create('eight', pupil())).status).toBe(201)
  })

  test('must have 1 to 255 printable ASCII characters', async () => {
    for (const key of ['x'.repeat(256), 'ü', 'a\tb', '']) {
      const answer = await create(key, pupil())
      expect([answer.status, answer.body.code], key).toEqual([400, 'bad_request'])
      expect(answer.body.detail).toContain('Idempotency-Key')
    }
    for (const key of ['x'.repeat(255), '!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~', '0'])
      expect((await create(key, pupil())).status, key).toBe(201)
  })

  test('is passed over where nothing is created', async () => {
    const headers = { 'Idempotency-Key': 'ü' }
    const list = await api.call(`GET ${path}`, { token: ada.token, headers })
    expect(list.status).toBe(200)
  })

  test('parallel requests with one key all get the one answer', async () => {
    const body = pupil()
    const before = await count()
    const answers = await Promise.all(Array.from({ length: 20 }, () => create('nine', body)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(await count()).toBe(before + 1)
  })

  test('creates users once as well', async () => {
    const body = { username: unique(), password }
    const first = await create('ten', body, api.admin, '/api/v1/users')
    const again = await create('ten', body, api.admin, '/api/v1/users')
    expect([again.status, again.text]).toEqual([201, first.text])
    const other = await create('ten', { ...body, role: 'member' }, api.admin, '/api/v1/users')
    expect(other.body.code).toBe('idempotency_key_reused')
  })
})
