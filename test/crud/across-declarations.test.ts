import { afterAll, beforeAll, expect, test } from 'vitest'
import { pageReply, parseListRequest } from '../../functions/crud/page.ts'
import { itemKey } from '../../functions/crud/path-keys.ts'
import type { Request } from '../../functions/http/request.ts'
import type { Fields } from '../../functions/model/declaration.ts'
import { email, integer, line, ref, slug } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { exportPage } from '../../functions/operator/export-page.ts'
import { importBatch } from '../../functions/operator/import-batch.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { createTable } from '../store/engine.ts'
import { client, startQuietStore, stopQuietStore } from './client.ts'

/** What clients keep while a declaration changes. */
let engine: Engine
beforeAll(async () => {
  engine = await startQuietStore()
})
afterAll(() => stopQuietStore(engine))

const request = (given: object) => ({ path: () => '/guests', root: '', ...given }) as Request

test('a cursor is refused where values compare otherwise than when it was given', async () => {
  const declared = (who: Fields[string]) =>
    resource({ name: 'guests', singular: 'guest', fields: { who }, indexes: [{ sort: 'who' }] })
  const before = declared(line(1, 99))
  await createTable(engine, before)
  const query = { limit: 1, sort: 'who' }
  const asked = await parseListRequest(before, request({ query }))
  const { body } = await pageReply(asked, request({}), [{}], 'place')
  const { nextCursor: cursor } = JSON.parse(body ?? '')
  const next = request({ query: { ...query, cursor } })
  expect((await parseListRequest(declared(line(1, 50)), next)).after).toBe('place')
  await expect(parseListRequest(declared(email()), next)).rejects.toMatchObject({
    code: 'bad_request',
  })
})

test('a cursor is refused where another index answers than when it was given', async () => {
  const fields = { age: integer(0, 9), size: integer(0, 9) }
  const declared = (...sorts: (keyof typeof fields)[]) =>
    resource({
      ...{ name: 'visitors', singular: 'visitor', fields },
      indexes: sorts.map((sort) => ({ sort })),
    })
  const before = declared('age', 'size')
  await createTable(engine, before)
  const query = { limit: 1, age: 5, size: 7 }
  const asked = await parseListRequest(before, request({ query }))
  const { body } = await pageReply(asked, request({}), [{}], 'place')
  const next = request({ query: { ...query, cursor: JSON.parse(body ?? '').nextCursor } })
  expect((await parseListRequest(before, next)).after).toBe('place')
  await expect(parseListRequest(declared('size', 'age'), next)).rejects.toMatchObject({
    code: 'bad_request',
  })
})

test('a key leads to its item though new ones must be shorter', () => {
  const declared = (max: number) =>
    resource({ name: 'peaks', singular: 'peak', key: 'name', fields: { name: slug(max) } })
  const name = 'x'.repeat(64)
  const { param } = declared(64)
  expect(itemKey(declared(32), request({ params: { [param]: name } }))).toEqual({ name })
  for (const wrong of ['', 'Upper', 'a/b', 'x'.repeat(300), undefined])
    expect(() => itemKey(declared(32), request({ params: { [param]: wrong } }))).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    )
})

test('an item whose key is longer than is declared now is read, written and exported', async () => {
  const declared = (max: number, more: object = {}) =>
    resource({
      ...{ name: 'peaks', singular: 'peak', key: 'name' },
      fields: { name: slug(max), note: line(1, 9).optional() },
      access: { member: ['read', 'write'] },
      ...more,
    })
  await createTable(engine, declared(64))
  const name = 'x'.repeat(64)
  expect((await client(declared(64))('POST', { body: { name } })).status).toBe(201)
  const narrow = declared(32)
  expect((await client(narrow)('POST', { body: { name: `${name}y` } })).status).toBe(422)
  const upgraded = declared(32, { upgrade: [(item: object) => item] })
  const beforeWrite = (item: object) => item
  for (const [one, beside] of [[narrow], [narrow, { beforeWrite }], [upgraded]] as const) {
    const call = client(one, beside)
    expect((await call('PATCH', { id: name, body: { note: 'a' } })).status).toBe(200)
    expect((await call('PATCH', { id: name, body: { name, note: 'b' } })).status).toBe(200)
    expect((await call('PUT', { id: name, body: { name, note: 'c' } })).status).toBe(200)
    expect((await call('GET', { id: name })).body).toMatchObject({ name, note: 'c' })
    const another = { id: name, body: { name: 'y' } }
    expect((await call('PUT', another)).body.errors[0].detail).toBe(
      'must be the same as in the path',
    )
    const { records } = await exportPage(one, {})
    expect(records).toHaveLength(1)
    const version = one.upgrade.length
    expect(await importBatch(one, records, { version })).toEqual(['kept'])
    expect(await importBatch(one, [{ ...records[0], version }], { asIs: true })).toEqual(['kept'])
  }
})

test('what refers to a key that is longer than is declared now is written and exported', async () => {
  const declared = (max: number, more: object = {}) => {
    const fields = { name: slug(max) }
    const cliffs = resource({ name: 'cliffs', singular: 'cliff', key: 'name', fields })
    const climbs = resource({
      ...{ name: 'climbs', singular: 'climb' },
      fields: { cliff: ref(cliffs), note: line(1, 9).optional() },
      ...more,
    })
    return { cliffs, climbs }
  }
  const before = declared(64)
  for (const one of [before.cliffs, before.climbs]) await createTable(engine, one)
  const as = { scope: 'cliffs:read climbs:read climbs:write' }
  const cliff = 'x'.repeat(64)
  await client(before.cliffs)('POST', { body: { name: cliff } })
  const made = await client(before.climbs, {}, as)('POST', { body: { cliff } })
  expect(made.status).toBe(201)
  const { id } = made.body
  for (const more of [{}, { upgrade: [(item: object) => item] }]) {
    const { climbs } = declared(10, more)
    const call = client(climbs, {}, as)
    expect((await call('GET', { id })).body).toMatchObject({ cliff })
    expect((await call('PATCH', { id, body: { note: 'a' } })).status).toBe(200)
    expect((await call('PUT', { id, body: { cliff, note: 'b' } })).status).toBe(200)
    expect((await call('POST', { body: { cliff: `${cliff}y` } })).status).toBe(422)
    expect((await exportPage(climbs, {})).records).toHaveLength(1)
  }
})
