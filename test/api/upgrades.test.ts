import { beforeAll, describe, expect, inject, test } from 'vitest'
import { redeclared } from '../redeclared.ts'
import { type Answer, useApi } from './harness.ts'

const path = '/api/v1/bulletins'
const upgrade =
  "upgrade: [(item) => ({ ...item, title: item.title + '!', id: 'x', createdAt: 'never' })],"

/** One version of the declaration after the other serves the same items. */
describe('a declaration with an upgrade', () => {
  const api = useApi()
  let newer: string
  const made: Answer[] = []
  const call = (route: string, sent: object = {}) =>
    api.call(route, { token: api.admin.token, ...sent })
  const told = (text: string) => api.logs.filter((line) => line.includes(text))

  beforeAll(async () => {
    newer = await redeclared(
      'bulletins',
      (source) => source.replace('compute:', `${upgrade}\n  compute:`),
      ['bulletins', 'bulletin-log', 'remarks', 'admin'],
    )
    for (const title of ['one', 'two', 'three'])
      made.push(await call(`POST ${path}`, { body: { title } }))
    await api.runner.reload(newer)
  })

  test('shows items that were stored before it as it makes them, and their own is put back', async () => {
    const [one] = made
    const { id, createdAt, updatedAt } = one?.body ?? {}
    const read = await call(`GET ${path}/${id}`)
    expect(read.body).toEqual({ id, title: 'one!', shout: 'ONE!', createdAt, updatedAt })
    // What a client keeps under the earlier tag is another representation.
    const tag = one?.headers.get('etag') ?? ''
    const asked = await call(`GET ${path}/${id}`, { headers: { 'If-None-Match': tag } })
    expect([asked.status, asked.headers.get('etag') === tag]).toEqual([200, false])
    const listed = await call(`GET ${path}?limit=100`)
    expect(listed.body.items.map(({ title }: { title: string }) => title)).toEqual([
      'three!',
      'two!',
      'one!',
    ])
    expect((await call(`GET ${path}/${id}/letters`)).body).toBe('4')
    const exported = { command: 'export-page', resource: 'bulletins' }
    const { records } = (await api.runner.invoke('admin', exported)) as { records: unknown[] }
    expect(records).toContainEqual({ item: read.body })
    const remark = await call(`POST ${path}/${id}/remarks`, { body: { body: 'x' } })
    expect(remark.status).toBe(201)
  })

  test('stores them so with the next write; hooks and readers of changes see them so', async () => {
    const item = `${path}/${made[1]?.body.id}`
    const tag = (await call(`GET ${item}`)).headers.get('etag') ?? ''
    const put = { body: { title: 'new' }, headers: { 'If-Match': tag } }
    expect((await call(`PUT ${item}`, put)).body).toMatchObject({ title: 'new', shout: 'NEW' })
    expect((await call(`GET ${item}`)).body.title).toBe('new')
    const stale = { body: { title: 'x' }, headers: { 'If-Match': tag } }
    expect((await call(`PUT ${item}`, stale)).status).toBe(412)
    await expect.poll(() => told('"before":"two!","after":"new"')).toHaveLength(1)
  })

  test('stores them so by re-indexing, which is no change that anybody is told of', async () => {
    const [one] = made
    const item = `${path}/${one?.body.id}`
    const before = await call(`GET ${item}`)
    const page = { command: 'reindex-page', resource: 'bulletins', limit: 100, check: false }
    expect(await api.runner.invoke('admin', page)).toMatchObject({ behind: 3, unfit: [] })
    const after = await call(`GET ${item}`)
    expect([after.text, after.headers.get('etag')]).toEqual([
      before.text,
      before.headers.get('etag'),
    ])
    await call(`PATCH ${item}`, { body: { title: 'last' } })
    await expect.poll(() => told('"before":"one!","after":"last"')).toHaveLength(1)
    // It was made, and re-indexed.
    const [making, ...more] = told('"after":"three')
    expect(making).not.toContain('"before"')
    expect(more).toEqual([])
  })

  test('rolled back: what it wrote is served where it fits, and never overwritten', async () => {
    await api.runner.reload(inject('assembly'))
    const item = `${path}/${made[0]?.body.id}`
    expect((await call(`GET ${item}`)).body.title).toBe('last')
    expect((await call(`GET ${path}`)).body.items).toHaveLength(3)
    const writes = [
      call(`PUT ${item}`, { body: { title: 'x' } }),
      call(`PATCH ${item}`, { body: { title: 'x' } }),
      call(`POST ${item}/sending`),
      call(`DELETE ${item}`),
    ]
    for (const { status, body, headers } of await Promise.all(writes))
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '60'])
    expect(told('deploy the newer code again').length).toBeGreaterThanOrEqual(4)
    const fresh = await call(`POST ${path}`, { body: { title: 'fresh' } })
    expect((await call(`DELETE ${path}/${fresh.body.id}`)).status).toBe(204)
    await api.runner.reload(newer)
    expect((await call(`DELETE ${item}`)).status).toBe(204)
  })
})
