import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { choice, date, pattern, ref } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { createItem, newItem } from '../../functions/store/items.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { createTable } from '../store/engine.ts'
import { client, startQuietStore, stopQuietStore } from './client.ts'

/** Values that are nearly what a list is asked for. */
let engine: Engine
beforeAll(async () => {
  engine = await startQuietStore()
})
afterAll(() => stopQuietStore(engine))

test('a value that goes on after a NUL is another, as the only filter and beside another', async () => {
  const parts = resource({
    ...{ name: 'parts', singular: 'part' },
    fields: { kind: choice('a', 'b'), code: pattern(/^[^ ]{1,9}$/, 9, 'a code') },
    indexes: [{ by: 'kind' }, { sort: 'code' }],
  })
  await createTable(engine, parts)
  const call = client(parts)
  const codes = ['x', 'x\u0000y', 'x\u0000', 'xy']
  for (const code of codes)
    expect((await call('POST', { body: { kind: 'a', code } })).status).toBe(201)
  for (const code of codes)
    for (const query of [{ code }, { kind: 'a', code }]) {
      const { body } = await call('GET', { query })
      expect(body.items.map((item: { code: string }) => item.code)).toEqual([code])
    }
})

test('bounds of ids are taken in any case, as ids are', async () => {
  const halls = resource({ name: 'halls', singular: 'hall', fields: {} })
  const seats = resource({
    ...{ name: 'seats', singular: 'seat' },
    fields: { hall: ref(halls) },
    indexes: [{ sort: 'hall' }],
  })
  for (const one of [halls, seats]) await createTable(engine, one)
  const id = '01890000-abaa-7000-8000-000000000001'
  const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
  await createItem(halls, newItem(halls, { id, ...times }, id))
  const scope = 'halls:read seats:read seats:write'
  const call = client(seats, {}, { scope })
  expect((await call('POST', { body: { hall: id } })).status).toBe(201)
  const later = id.replace('abaa', 'abcd')
  for (const [bound, value, count] of [
    ['gte', later, 0],
    ['lt', later, 1],
    ['gte', id, 1],
    ['gt', id, 0],
  ] as const)
    for (const written of [value, value.toUpperCase()]) {
      const { body } = await call('GET', { query: { [`hall[${bound}]`]: written } })
      expect([bound, written, body.items.length]).toEqual([bound, written, count])
    }
})

test.each([
  ['ours', 'events', date()],
  ['zod’s', 'zod-events', z.iso.date().max(10)],
])(
  'a bound of a day may lie outside what the field takes, and must be a day: %s',
  async (_, name, day) => {
    const events = resource({
      ...{ name, singular: 'event' },
      fields: { on: day.refine((value) => value >= '2020-01-01') },
      indexes: [{ sort: 'on' }],
    })
    await createTable(engine, events)
    const call = client(events)
    expect((await call('GET', { query: { 'on[gte]': '2019-12-31' } })).status).toBe(200)
    expect((await call('GET', { query: { 'on[gte]': '2019-12-32' } })).status).toBe(400)
    expect((await call('GET', { query: { 'on[prefix]': '2019' } })).status).toBe(400)
  },
)
