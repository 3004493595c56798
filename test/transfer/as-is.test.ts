import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Fields, Resource, Upgrade } from '../../functions/model/declaration.ts'
import { choice, email, integer, line } from '../../functions/model/fields.ts'
import { planList } from '../../functions/model/list-plan.ts'
import { resource } from '../../functions/model/resource.ts'
import { exportPage } from '../../functions/operator/export-page.ts'
import { importBatch } from '../../functions/operator/import-batch.ts'
import { beginReindex, endReindex, reindexStatus } from '../../functions/operator/reindex-page.ts'
import type { Attributes } from '../../functions/store/attributes.ts'
import {
  createItem,
  deleteItem,
  insertItem,
  newItem,
  readItem,
  readStored,
} from '../../functions/store/items.ts'
import { listItems } from '../../functions/store/lists.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { reindex } from '../../infra/reindex/reindex.ts'
import { idAt } from '../seed.ts'
import { createTable, startStore } from '../store/engine.ts'
import { minute, operator } from '../store/operator.ts'

let made = 0
let engine: Engine
const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }

/** In the table that items come from or, with `-to`, the one that they go to. */
function declared(table: string, fields: Fields, more: object = {}): Resource {
  return resource({ name: `${table}${made}`, singular: 'person', fields, ...more })
}

const users = resource({ name: 'users', singular: 'user', fields: {} })

const id = (number: number) => idAt(1_700_000_000_000 + number)

async function create(of: Resource, number: number, fields: Attributes): Promise<void> {
  const item = newItem(of, { id: id(number), ...fields, ...times }, id(number))
  expect(await createItem(of, item)).toBeUndefined()
}

async function listed(of: Resource, query: Record<string, unknown> = {}): Promise<unknown[]> {
  const request = { parent: {}, limit: 100, after: undefined }
  const page = await listItems(of, { ...request, plan: planList(of, query) })
  return page.items.map((item) => item.id)
}

const split: Upgrade = ({ name, ...rest }) => {
  const [first, last = '-'] = String(name).split(' ')
  return { ...rest, first, last }
}

beforeEach(async () => {
  made += 1
  engine ??= await startStore(users)
})
afterAll(() => engine?.stop())

const old = { name: line(1, 100), age: integer(0, 200) }
const now = { first: line(1, 50), last: line(1, 50), age: integer(0, 200) }

describe('export and import', () => {
  test('what an export wrote an import takes: items that it would not are told, and why', async () => {
    const from = declared('from', old)
    await createTable(engine, from)
    await create(from, 1, { name: 'Ada', age: 20 })
    await create(from, 2, { name: 'Bob' })
    const { records, unfit } = await exportPage(from, {})
    expect(records).toEqual([{ item: { id: id(1), name: 'Ada', age: 20, ...times } }])
    expect(unfit).toEqual([{ id: id(2), why: '/item/age is required' }])
  })

  test('items of older versions are exported in the form of today, and imported so', async () => {
    const to = declared('to', now, { upgrade: [split], indexes: [{ by: 'last' }] })
    const from = declared('from', old, { shards: 8 })
    const today = declared('from', now, { upgrade: [split] })
    for (const one of [from, to]) await createTable(engine, one)
    for (const number of [1, 2, 3]) await create(from, number, { name: 'Ada L', age: number })
    const shown = { first: 'Ada', last: 'L', ...times }
    const before = await exportPage(from, {})
    expect(before.records[2]).toEqual({ item: { id: id(1), name: 'Ada L', age: 1, ...times } })
    // An export from before the upgrade, and one from after it.
    const after = await exportPage(today, {})
    expect(after.records[2]).toEqual({ item: { id: id(1), age: 1, ...shown } })
    const records = [...before.records.slice(0, 2), after.records[2]]
    expect(await importBatch(to, records.slice(0, 2), { version: 0 })).toEqual([
      'created',
      'created',
    ])
    expect(await importBatch(to, records.slice(2), { version: 1 })).toEqual(['created'])
    expect(await listed(to, { last: 'L' })).toEqual([id(3), id(2), id(1)])
    expect(await readItem(to, { id: id(3) })).toMatchObject({ ...shown, age: 3 })
    const [newer] = await importBatch(from, after.records, { version: 1 })
    expect(newer).toEqual({
      faults: [{ pointer: '/item', detail: 'was exported by newer code: import it there' }],
    })
  })

  test('items of before a field was computed come in with it; what does not fit is told as it is', async () => {
    const from = declared('from', old)
    const to = declared('to', old, {
      readOnly: { shout: line(1, 100), views: integer(0, 9).default(0) },
      compute: ({ name }: { name: string }) => ({ shout: name.toUpperCase() }),
      indexes: [{ by: 'name' }],
    })
    for (const one of [from, to]) await createTable(engine, one)
    await create(from, 1, { name: 'Ada', age: 20 })
    const { records } = await exportPage(from, {})
    const nameless = { item: { id: id(2), age: 20, ...times } }
    expect(await importBatch(to, [...records, nameless])).toEqual([
      'created',
      {
        faults: [
          { pointer: '/item/name', detail: 'is required' },
          { pointer: '/item/shout', detail: 'is required' },
        ],
      },
    ])
    expect(await readStored(to, { id: id(1) })).toMatchObject({ shout: 'ADA', views: 0 })
  })

  test('as it is everything goes out and comes in, whatever the declaration admits', async () => {
    const loose = { ...old, nick: line(1, 9).optional(), age: integer(0, 200).optional() }
    const from = declared('from', loose, { shards: 8 })
    await createTable(engine, from)
    await create(from, 1, { name: 'Ada L', age: 1, nick: 'ada' })
    await create(from, 2, { name: 'x'.repeat(100) })
    await create(declared('from', now, { upgrade: [split] }), 3, { first: 'C', last: 'D', age: 3 })
    const { records, unfit } = await exportPage(declared('from', old), { asIs: true })
    expect(unfit).toEqual([])
    expect(records).toEqual([
      { item: { id: id(3), first: 'C', last: 'D', age: 3, ...times }, version: 1 },
      { item: { id: id(2), name: 'x'.repeat(100), ...times } },
      { item: { id: id(1), name: 'Ada L', age: 1, nick: 'ada', ...times } },
    ])
    const to = declared('to', { ...old, age: integer(2, 200) }, { indexes: [{ sort: 'name' }] })
    await createTable(engine, to)
    const outcomes = ['created', 'created', 'created']
    expect(await importBatch(to, records, { asIs: true })).toEqual(outcomes)
    expect(await importBatch(to, records, { asIs: true })).toEqual(['kept', 'kept', 'kept'])
    const again = await exportPage(to, { asIs: true })
    expect(again.records).toEqual(records)
    // What newer code wrote is as it was, and code that knows more reads it.
    const newer = declared('to', now, { upgrade: [split], indexes: [] })
    expect(await readItem(newer, { id: id(3) })).toMatchObject({ first: 'C', last: 'D' })
    expect(await readItem(newer, { id: id(1) })).toMatchObject({ first: 'Ada', last: 'L' })
  })

  test('as it is duplicates come in: lists by the field wait for what re-indexing tells', async () => {
    const fields = { name: line(1, 100), mail: email() }
    const from = declared('from', fields)
    const to = () => declared('to', fields, { unique: ['mail'], indexes: [{ by: 'name' }] })
    for (const one of [from, to()]) await createTable(engine, one)
    for (const number of [1, 2]) await create(from, number, { name: 'A', mail: 'a@b.org' })
    const { records } = await exportPage(from, {})
    const taken = { faults: [{ pointer: '/item/mail', detail: 'is already taken' }] }
    expect(await importBatch(to(), records.slice(0, 1))).toEqual(['created'])
    expect(await importBatch(to(), records)).toEqual(['kept', taken])
    expect(await importBatch(to(), records, { asIs: true })).toEqual(['kept', 'created'])
    expect(await listed(to(), { name: 'A' })).toEqual([id(2), id(1)])
    const building = expect.objectContaining({ code: 'index_building' })
    await expect(listed(to(), { mail: 'a@b.org' })).rejects.toEqual(building)
    const done = await reindex(operator(to()), to().name, {})
    expect(done.duplicates).toEqual([{ field: 'mail', value: 'a@b.org', ids: [id(1), id(2)] }])
  })

  test('as it is a duplicate is told to those, too, who knew that there was none', async () => {
    const to = () => declared('to', { mail: email() }, { unique: ['mail'] })
    const running = to()
    await createTable(engine, running)
    await create(running, 1, { mail: 'a@b.org' })
    expect(await listed(running, { mail: 'a@b.org' })).toEqual([id(1)])
    const record = { item: { id: id(2), mail: 'a@b.org', ...times } }
    expect(await importBatch(to(), [record], { asIs: true })).toEqual(['created'])
    const building = expect.objectContaining({ code: 'index_building' })
    await expect(listed(running, { mail: 'a@b.org' })).rejects.toEqual(building)
  })

  test('as it is a second time nothing changes, not even what lists wait for', async () => {
    const fails: Upgrade = ({ name, ...rest }) => {
      if (name !== undefined) throw new Error('no')
      return rest
    }
    const fields = { first: line(1, 50) }
    const to = (upgrade: Upgrade) =>
      declared('to', fields, { upgrade: [upgrade], indexes: [{ by: 'first' }] })
    const mended = () => to(({ name, ...rest }) => ({ ...rest, first: name }))
    await createTable(engine, mended())
    const records = [{ item: { id: id(1), name: 'Ada', ...times } }]
    expect(await importBatch(to(fails), records, { asIs: true })).toEqual(['created'])
    await reindex(operator(mended()), mended().name, {})
    expect(await importBatch(to(fails), records, { asIs: true })).toEqual(['kept'])
    expect(await listed(mended(), { first: 'Ada' })).toEqual([id(1)])
  })

  test('an item that is older than all tells nothing of those that were never re-indexed', async () => {
    const to = (indexes: object[]) => declared('to', { name: line(1, 9) }, { indexes })
    const now = () => to([{ by: 'name' }])
    await createTable(engine, now())
    for (const number of [10, 11]) {
      const plain = to([])
      const { _v, ...item } = newItem(plain, { id: id(number), name: 'A', ...times }, id(number))
      await insertItem(plain, item as never)
    }
    const older = [{ item: { id: id(1), name: 'A', ...times } }]
    expect(await importBatch(now(), older)).toEqual(['created'])
    const building = expect.objectContaining({ code: 'index_building' })
    await expect(listed(now(), { name: 'A' })).rejects.toEqual(building)
    await reindex(operator(now()), now().name, {})
    expect(await listed(now(), { name: 'A' })).toEqual([id(11), id(10), id(1)])
  })

  test('into an empty table all is new, in whatever order it comes', async () => {
    const to = () => declared('to', { name: line(1, 9) }, { indexes: [{ by: 'name' }] })
    await createTable(engine, to())
    for (const number of [2, 1, 3])
      await importBatch(to(), [{ item: { id: id(number), name: 'A', ...times } }])
    expect(await listed(to(), { name: 'A' })).toEqual([id(3), id(2), id(1)])
    expect(await listed(to())).toEqual([id(3), id(2), id(1)])
  })

  test('as it is a duplicate has its value from the start: it is taken when the first one goes', async () => {
    const to = declared('to', { mail: email() }, { unique: ['mail'] })
    await createTable(engine, to)
    const item = (number: number) => ({ id: id(number), mail: 'a@b.org', ...times })
    const records = [1, 2, 3, 4].map((number) => ({ item: item(number) }))
    const created = await importBatch(to, records, { asIs: true })
    expect(created).toEqual(Array(4).fill('created'))
    const make = () => createItem(to, newItem(to, item(5), id(5)))
    for (const number of [1, 2, 3, 4]) {
      expect(await make()).toBe('mail_taken')
      await deleteItem(to, { id: id(number) }, undefined)
    }
    expect(await make()).toBeUndefined()
  })

  test('as it is what an upgrade fails on comes in too, and stays to be mended', async () => {
    const fails: Upgrade = () => {
      throw new Error('no')
    }
    const table = (upgrade: Upgrade) =>
      declared(
        'to',
        { ...now, kind: choice('a', 'b').default('a') },
        {
          ...{ upgrade: [upgrade], indexes: [{ by: 'kind' }] },
        },
      )
    await createTable(engine, table(fails))
    const records = [{ item: { id: id(1), name: 'Ada L', age: 1, ...times } }]
    expect(await importBatch(table(fails), records, { asIs: true })).toEqual(['created'])
    expect(await readStored(table(fails), { id: id(1) })).toMatchObject({ name: 'Ada L', age: 1 })
    expect((await reindexStatus([table(fails)]))[0]?.complete).toBe(false)
    const mended = table(split)
    await reindex(operator(mended), mended.name, {})
    expect(await listed(table(split), { kind: 'a' })).toEqual([id(1)])
  })

  test('as it is what newer code wrote is missing from no list: those by an index wait for it', async () => {
    const fields = { first: line(1, 50) }
    const to = () => declared('to', fields, { indexes: [{ by: 'first' }] })
    await createTable(engine, to())
    const running = to()
    await create(running, 1, { first: 'Ada' })
    expect(await listed(running, { first: 'Ada' })).toEqual([id(1)])
    const renamed = { item: { id: id(2), given: 'Ada', first: 'Ada', ...times }, version: 1 }
    expect(await importBatch(to(), [renamed], { asIs: true })).toEqual(['created'])
    const building = expect.objectContaining({ code: 'index_building' })
    const restore = minute()
    try {
      await expect(listed(running, { first: 'Ada' })).rejects.toEqual(building)
      expect(await listed(running)).toEqual([id(2), id(1)])
    } finally {
      restore()
    }
    expect((await reindexStatus([to()]))[0]?.complete).toBe(false)
    const why = 'was written by newer code: deploy that again'
    expect((await exportPage(to(), {})).unfit).toEqual([{ id: id(2), why }])
  })

  test('as it is a line that is refused takes nothing from the lists', async () => {
    const fails: Upgrade = () => {
      throw new Error('no')
    }
    const to = (upgrade: Upgrade[]) =>
      declared(
        'to',
        { name: line(1, 9) },
        { owner: 'readable', indexes: [{ by: 'name' }], upgrade },
      )
    await createTable(engine, to([]))
    const item = { id: id(1), name: 'A', ...times }
    const orphan = { item: { ...item, userId: id(8) } }
    const heavy = { item: { ...item, more: 'x'.repeat(401 * 1024) } }
    await create(to([fails]), 2, { name: 'A' })
    const [status] = await reindexStatus([to([fails])])
    const outcomes = await importBatch(to([fails]), [orphan, heavy], { asIs: true })
    expect(outcomes).toEqual([
      { faults: [{ pointer: '/item/userId', detail: 'is not the id of an existing user' }] },
      { faults: [{ pointer: '/item', detail: 'would be larger than 400 KB' }] },
    ])
    expect(await listed(to([fails]), { name: 'A' })).toEqual([id(2)])
    expect(await reindexStatus([to([fails])])).toEqual([status])
  })

  test('as it is what comes in while others are re-indexed does not go unsaid', async () => {
    const to = () => declared('to', { mail: email() }, { unique: ['mail'] })
    await createTable(engine, to())
    const twice = (number: number) => ({ item: { id: id(number), mail: 'a@b.org', ...times } })
    await importBatch(to(), [twice(1), twice(2)], { asIs: true })
    await deleteItem(to(), { id: id(2) }, undefined)
    const { walk } = await beginReindex(to())
    await importBatch(to(), [twice(3)], { asIs: true })
    expect(await endReindex(to(), { walk, except: [] })).toEqual({ ended: false })
    const building = expect.objectContaining({ code: 'index_building' })
    await expect(listed(to(), { mail: 'a@b.org' })).rejects.toEqual(building)
  })

  test('as it is what was stored before there were owners comes in without one', async () => {
    const [from, to] = [declared('from', old), declared('to', old, { owner: 'readable' })]
    for (const one of [from, to]) await createTable(engine, one)
    await createItem(users, newItem(users, { id: id(9), ...times }, id(9)))
    await create(from, 1, { name: 'Ada', age: 20 })
    const { records } = await exportPage(from, { asIs: true })
    const owned = (number: number, userId: unknown) => ({
      item: { ...records[0]?.item, id: id(number), userId },
    })
    const at = (detail: string) => ({ faults: [{ pointer: '/item/userId', detail }] })
    const given = [...records, owned(2, id(9)), owned(3, id(8)), owned(4, 5)]
    expect(await importBatch(to, given, { asIs: true })).toEqual([
      'created',
      'created',
      at('is not the id of an existing user'),
      at('must be of type string'),
    ])
    expect(await readItem(to, { id: id(1) })).not.toHaveProperty('userId')
    const again = await exportPage(to, { asIs: true })
    expect(again.records).toEqual([owned(2, id(9)), ...records])
    expect(await importBatch(to, again.records, { asIs: true })).toEqual(['kept', 'kept'])
  })

  test('as it is, and still what the store needs', async () => {
    const to = declared('to', old)
    await createTable(engine, to)
    const item = { id: id(1), ...times }
    const bad = [
      { item: { ...item, id: 'x' } },
      { item: { id: id(1) } },
      { item: { ...item, _v: 'x' } },
      { item, hash: 'x' },
    ]
    const outcomes = await importBatch(to, bad, { asIs: true })
    expect(outcomes.map((one) => typeof one === 'object' && one.faults[0]?.pointer)).toEqual([
      '/item/id',
      '/item/createdAt',
      '/item',
      '/hash',
    ])
  })
})
