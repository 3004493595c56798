import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Resource, Upgrade } from '../../functions/model/declaration.ts'
import { email, integer, line, text } from '../../functions/model/fields.ts'
import type { Index } from '../../functions/model/indexes.ts'
import { planList } from '../../functions/model/list-plan.ts'
import { resource } from '../../functions/model/resource.ts'
import { reindexStatus } from '../../functions/operator/reindex-page.ts'
import {
  createItem,
  insertItem,
  newItem,
  readItem,
  updateItem,
} from '../../functions/store/items.ts'
import { listItems } from '../../functions/store/lists.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { type DuplicateGroup, type Invoke, reindex } from '../../infra/reindex/reindex.ts'
import { toldOf } from '../../infra/reindex/reindex-all.ts'
import { times } from '../auth/support.ts'
import { idAt } from '../seed.ts'
import { createTable, startStore } from './engine.ts'
import { minute, operator } from './operator.ts'

const indexes: Index[] = [{ sort: 'pages' }, { by: 'title' }]
const written = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
let made = 0

/** A declaration of today over a table of its own, with what the tests change. */
function declared(
  more: Partial<Pick<Resource, 'unique' | 'shards' | 'upgrade'>> & { indexes?: Index[] },
): Resource {
  return resource({
    name: `books${made}`,
    singular: 'book',
    fields: { title: line(1, 100), pages: integer(1, 999), mail: email() },
    ...(more as object),
  })
}

describe('a declaration that changes over a table with items', () => {
  let engine: Engine
  const today = () => declared({ unique: ['mail'], indexes, shards: 2 })

  beforeEach(async () => {
    made += 1
    engine ??= await startStore()
    await createTable(engine, today())
  })
  afterAll(() => engine?.stop())

  /** Items as they were stored under no index, in four shards, without a version. */
  async function store(
    count: number,
    mail = (at: number) => `${at}@b.org`,
    create = createItem,
  ): Promise<string[]> {
    const old = declared({ shards: 4 })
    const ids = times(count, (at) => idAt(1_700_000_000_000 + at))
    for (const [at, id] of ids.entries()) {
      const fields = { id, title: 'Emma', pages: 1 + at, mail: mail(at), ...written }
      const { _v, ...item } = newItem(old, fields, id)
      await create(old, item as never)
    }
    return ids
  }

  async function list(query: Record<string, unknown>): Promise<unknown[]> {
    const plan = planList(today(), query)
    const page = await listItems(today(), { parent: {}, plan, limit: 100, after: undefined })
    return page.items.map(({ id }) => id)
  }

  const building = expect.objectContaining({ code: 'index_building' })
  test('refuses the lists that some items may lack, until all have been re-indexed', async () => {
    const ids = await store(45)
    for (const query of [{}, { sort: 'pages' }, { title: 'Emma' }, { mail: '7@b.org' }])
      await expect(list(query), JSON.stringify(query)).rejects.toEqual(building)
    const before = await readItem(today(), { id: ids[3] })
    const done = await reindex(operator(today()), today().name, {})
    expect(done).toEqual({ items: 45, behind: 45, left: 0, duplicates: [], unfit: [] })
    const restore = minute()
    try {
      expect(await list({ sort: 'pages' })).toEqual(ids)
      expect(await list({ title: 'Emma' })).toEqual([...ids].reverse())
      expect(await list({})).toEqual([...ids].reverse())
      expect(await list({ mail: '7@B.org' })).toEqual([ids[7]])
    } finally {
      restore()
    }
    // Nothing that a client sees has changed.
    expect(await readItem(today(), { id: ids[3] })).toMatchObject({
      ...{ _rev: before?._rev, title: 'Emma', pages: 4 },
    })
    expect(await reindex(operator(today()), today().name, {})).toMatchObject({ behind: 0 })
  })

  test('is re-indexed to the same end when it was killed on the way', async () => {
    const ids = await store(45)
    for (const pages of [1, 3])
      await expect(reindex(operator(today(), pages), today().name, {})).rejects.toThrow('killed')
    await expect(list({ sort: 'pages' })).rejects.toEqual(building)
    const done = await reindex(operator(today()), today().name, {})
    expect([done.items, done.behind]).toEqual([45, 15])
    const restore = minute()
    try {
      expect(await list({ sort: 'pages' })).toEqual(ids)
    } finally {
      restore()
    }
  })

  test('tells the values that a new unique field has twice, and takes no more of them', async () => {
    const ids = await store(9, (at) => (at < 6 ? `${at % 3}@b.org` : `${at}@b.org`))
    const checked = await reindex(operator(today()), today().name, { check: true })
    const group = (at: number) => [ids[at], ids[at + 3]]
    const groups = times(3, (at) => ({ field: 'mail', value: `${at}@b.org`, ids: group(at) }))
    const byValue = ({ value: left }: DuplicateGroup, { value: right }: DuplicateGroup) =>
      String(left).localeCompare(String(right))
    expect([...checked.duplicates].sort(byValue)).toEqual(groups)
    const done = await reindex(operator(today()), today().name, {})
    expect([...done.duplicates].sort(byValue)).toEqual(groups)
    expect(toldOf('books', done)).toMatch(/the same value and it is re-indexed again$/)
    const [status] = await reindexStatus([today()])
    expect(status?.complete).toBe(false)
    const fields = { title: 'Another', pages: 1, mail: '1@B.org' }
    const id = idAt(1_800_000_000_000)
    expect(await createItem(today(), newItem(today(), { id, ...fields }, id))).toBe('mail_taken')
    for (const twice of ids.slice(0, 3)) {
      const mail = `${twice}@b.org`
      await updateItem(today(), { id: twice }, () => ({ mail }), undefined)
    }
    expect((await reindex(operator(today()), today().name, {})).duplicates).toEqual([])
    expect((await reindexStatus([today()]))[0]?.complete).toBe(true)
  })

  test("lists the duplicates exactly, of new items too; once mended a value is one item's", async () => {
    const ids = await store(12, (at) => (at < 9 ? `${at % 3}@b.org` : `${at}@b.org`))
    const unique = () => declared({ unique: ['mail', 'title'], indexes, shards: 2 })
    const at = (time: number) => idAt(1_800_000_000_000 + time)
    const make = (id: string, title: string, mail: string) =>
      createItem(unique(), newItem(unique(), { id, title, mail, pages: 1 }, id))
    // Nobody holds the value yet; and a title in another case is another title.
    expect(await make(at(0), 'emma', '10@B.org')).toBeUndefined()
    const { duplicates } = await reindex(operator(unique()), unique().name, { check: true })
    const told = duplicates.map(({ field, ids: group }) => [field, group])
    const expected = [
      ...times(3, (value) => ['mail', [ids[value], ids[value + 3], ids[value + 6]]]),
      ['mail', [ids[10], at(0)]],
      ['title', ids],
    ]
    expect(told).toHaveLength(expected.length)
    expect(told).toEqual(expect.arrayContaining(expected))
    for (const [number, id] of ids.entries()) {
      const fields = { title: `Emma ${number}`, mail: `mended-${number}@b.org` }
      await updateItem(unique(), { id }, () => fields, undefined)
    }
    const done = await reindex(operator(unique()), unique().name, {})
    expect(done).toMatchObject({ duplicates: [], left: 0 })
    const outcomes = await Promise.all(
      times(100, (number) => make(at(1 + number), `Title ${number}`, 'one@b.org')),
    )
    expect(outcomes.filter((failure) => failure === undefined)).toHaveLength(1)
    expect(outcomes.filter((failure) => failure === 'mail_taken')).toHaveLength(99)
  })

  test('answers what all items can, though the oldest was changed under the new one', async () => {
    const old = () => declared({ indexes: [{ sort: 'pages' }], shards: 2 })
    const now = () => declared({ indexes, shards: 2 })
    const ids = times(3, (at) => idAt(1_700_000_000_000 + at))
    for (const [at, id] of ids.entries()) {
      const fields = { id, title: 'Emma', pages: 1 + at, mail: `${at}@b.org` }
      await createItem(old(), newItem(old(), fields, id))
    }
    for (const under of [now(), old(), now()]) {
      await updateItem(under, { id: ids[0] }, () => ({ mail: 'new@b.org' }), undefined)
      // Each list is that of a new instance, which has to find out what all items have.
      for (const resource of [now(), old()]) {
        const list = async (query: Record<string, unknown>) => {
          const plan = planList(resource, query)
          return (await listItems(resource, { parent: {}, plan, limit: 9, after: undefined })).items
        }
        expect(await list({})).toHaveLength(3)
        expect(await list({ sort: 'pages' })).toHaveLength(3)
      }
      const plan = planList(now(), { title: 'Emma' })
      const wanting = listItems(now(), { parent: {}, plan, limit: 9, after: undefined })
      await expect(wanting).rejects.toEqual(building)
    }
  })

  test('says first what a re-index takes from another declaration, to which code may go back', async () => {
    const other = () => declared({ shards: 4 })
    const ids = await store(45)
    await reindex(operator(today()), today().name, {})
    await expect(reindex(operator(other(), 1), other().name, {})).rejects.toThrow('killed')
    for (const query of [{}, { sort: 'pages' }, { title: 'Emma' }, { mail: '44@b.org' }])
      await expect(list(query), JSON.stringify(query)).rejects.toEqual(building)
    expect((await reindexStatus([today()]))[0]?.complete).toBe(false)
    const again = await reindex(operator(today()), today().name, {})
    expect([again.behind, again.left]).toEqual([10, 0])
    expect(await list({ sort: 'pages' })).toEqual(ids)
  })

  test('is not said to be complete where other code began to write while it was re-indexed', async () => {
    const ids = await store(15)
    const other = () => declared({})
    let begun = false
    const run = reindex(
      async (command) => {
        const done = await operator(today())(command)
        if ((command as { command: string }).command !== 'reindex-page' || begun) return done
        begun = true
        // It has nothing to take out of the record, and writes behind the walk.
        const id = idAt(1_800_000_000_000)
        const fields = { id, title: 'Emma', pages: 1, mail: 'a@b.org', ...written }
        await createItem(other(), newItem(other(), fields, id))
        await updateItem(other(), { id: ids[0] }, () => ({ title: 'Persuasion' }), undefined)
        return done
      },
      today().name,
      {},
    )
    await expect(run).rejects.toThrow(/other code, .* wrote meanwhile: re-index it again/)
    expect((await reindexStatus([today()]))[0]?.complete).toBe(false)
    const again = await reindex(operator(today()), today().name, {})
    expect(again.left).toBe(0)
    expect(await list({ title: 'Persuasion' })).toEqual([ids[0]])
  })

  test('is re-indexed at any rate, a fraction too', async () => {
    await store(3)
    const limits = new Set<unknown>()
    const invoke: Invoke = async (command) => {
      if ('limit' in command) limits.add(command.limit)
      return operator(today())(command)
    }
    const began = performance.now()
    const done = await reindex(invoke, today().name, { rate: 7.5 })
    expect([done.items, [...limits]]).toEqual([3, [8]])
    expect(performance.now() - began).toBeGreaterThan(395)
    await reindex(invoke, today().name, { check: true, rate: 0.9 }).then(() => limits.delete(8))
    expect([...limits]).toEqual([1])
  })

  test('is complete with more than is asked for, where nothing is left to do', async () => {
    await store(3)
    await reindex(operator(today()), today().name, {})
    const fewer = declared({ indexes: indexes.slice(0, 1), shards: 2 })
    expect((await reindexStatus([fewer]))[0]?.complete).toBe(true)
  })

  test('is not complete while an item in the middle cannot be brought to it', async () => {
    // By code that knew no record.
    const ids = await store(5, undefined, insertItem)
    const fails = (item: Record<string, unknown>) => {
      if (item.id === ids[2]) throw new Error('no')
      return item
    }
    const upgraded = (upgrade: Upgrade) => declared({ indexes, shards: 2, upgrade: [upgrade] })
    const failing = () => upgraded(fails)
    const done = await reindex(operator(failing()), failing().name, {})
    expect([done.left, done.unfit]).toEqual([1, [expect.objectContaining({ id: ids[2] })]])
    const listed = (of: Resource) =>
      listItems(of, {
        parent: {},
        plan: planList(of, { title: 'Emma' }),
        limit: 9,
        after: undefined,
      })
    await expect(listed(failing())).rejects.toEqual(building)
    const mended = () => upgraded((item) => item)
    await reindex(operator(mended()), mended().name, {})
    expect((await listed(mended())).items).toHaveLength(5)
  })

  test('tells an item that would be too large, and goes on with the others', async () => {
    const old = declared({ shards: 2 })
    const make = (number: number, bytes: number) => {
      const id = idAt(1_700_000_000_000 + number)
      const fields = { id, title: 'x'.repeat(100), pages: 1, mail: `${id}@b.org`, ...written }
      return createItem(old, newItem(old, { ...fields, note: 'x'.repeat(bytes) }, id))
    }
    await make(1, 1)
    // The largest that there can be: what indexes need is more than is left.
    let bytes = 400 * 1024
    while (await make(2, bytes).catch(() => 'too large')) bytes -= 60
    const done = await reindex(operator(today()), today().name, {})
    const [large] = done.unfit
    expect([done.left, done.unfit.length]).toEqual([1, 1])
    expect(large).toMatchObject({
      id: idAt(1_700_000_000_002),
      why: 'would be larger than 400 KB',
    })
    expect((await reindex(operator(today()), today().name, {})).behind).toBe(1)
  })

  test('leaves out of an index what is empty, which an earlier declaration has admitted', async () => {
    const old = declared({ shards: 2 })
    const loose = { ...old, fields: { ...old.fields, title: text(100) } }
    const [empty, other] = [idAt(1_700_000_000_000), idAt(1_700_000_000_001)]
    for (const [id, title] of [
      [empty, ''],
      [other, 'Emma'],
    ] as const) {
      const fields = { id, title, pages: 1, mail: `${id}@b.org` }
      await createItem(loose, newItem(loose, fields, id))
    }
    expect(await reindex(operator(today()), today().name, {})).toMatchObject({ left: 0 })
    expect(await list({ title: 'Emma' })).toEqual([other])
    expect(await list({})).toEqual([other, empty])
  })

  test('needs nothing where all items are its own', async () => {
    expect(await list({ sort: 'pages' })).toEqual([])
    const id = idAt(1_800_000_000_000)
    const fields = { id, title: 'Emma', pages: 1, mail: 'a@b.org' }
    await createItem(today(), newItem(today(), fields, id))
    expect(await list({ sort: 'pages' })).toEqual([id])
    expect(await list({ mail: 'A@b.org' })).toEqual([id])
  })
})
