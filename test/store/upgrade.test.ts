import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Fields, Resource, Upgrade } from '../../functions/model/declaration.ts'
import { choice, email, integer, line, list, object } from '../../functions/model/fields.ts'
import { planList } from '../../functions/model/list-plan.ts'
import { users } from '../../functions/model/parents.ts'
import { Problem } from '../../functions/model/problems.ts'
import { resource } from '../../functions/model/resource.ts'
import type { Attributes } from '../../functions/store/attributes.ts'
import {
  createItem,
  deleteItem,
  newItem,
  readItem,
  readStored,
  updateItem,
} from '../../functions/store/items.ts'
import { listItems } from '../../functions/store/lists.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { reindex } from '../../infra/reindex/reindex.ts'
import { toldOf } from '../../infra/reindex/reindex-all.ts'
import { createTable, startStore } from './engine.ts'
import { minute, operator } from './operator.ts'

let made = 0
let engine: Engine

type More = Partial<
  Pick<Resource, 'unique' | 'indexes' | 'parent' | 'owner' | 'compute' | 'readOnly'>
>

/** A declaration over the table of this test. */
function declared(fields: Fields, upgrade: readonly Upgrade[] = [], more: More = {}): Resource {
  const name = `people${made}`
  return resource({ name, singular: 'person', fields, upgrade, ...(more as object) })
}

const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }

async function create(of: Resource, fields: Attributes): Promise<Attributes> {
  const id = randomUUIDv7()
  const item = newItem(of, { id, ...fields, ...times }, id)
  expect(await createItem(of, item)).toBeUndefined()
  return of.parent ? { [of.parent.param]: fields[of.parent.param], id } : { id }
}

async function listed(of: Resource, query: Record<string, unknown> = {}): Promise<Attributes[]> {
  const restore = minute()
  try {
    const request = { parent: {}, limit: 100, after: undefined }
    return [...(await listItems(of, { ...request, plan: planList(of, query) })).items]
  } finally {
    restore()
  }
}

const building = expect.objectContaining({ code: 'index_building' })

beforeEach(async () => {
  made += 1
  engine ??= await startStore()
})
afterAll(() => engine?.stop())

/** The cause that is logged. */
async function refusal(doing: Promise<unknown>): Promise<string> {
  const problem = await doing.then(
    () => new Problem('not_found'),
    (error: Problem) => error,
  )
  expect(problem).toMatchObject({ code: 'unavailable', status: 503 })
  return (problem.cause as Error).message
}

const v0 = () => declared({ name: line(1, 100), age: integer(0, 200) })
const split: Upgrade = ({ name, ...rest }) => {
  const [first, last = '-'] = String(name).split(' ')
  return { ...rest, first, last, id: 'another', createdAt: 'never', updatedAt: undefined }
}
const older: Upgrade = (item) => ({ ...item, age: Number(item.age) + 1 })
const fields = () => ({ first: line(1, 50), last: line(1, 50), age: integer(0, 200) })

describe('an item that an older version of the declaration has stored', () => {
  test('is read, listed and changed as the declaration has it, and stored so by the next write', async () => {
    const [one, two] = [v0(), declared(fields(), [split, older])]
    await createTable(engine, two)
    const key = await create(one, { name: 'Ada Lovelace', age: 20 })
    const shown = { ...key, ...times, first: 'Ada', last: 'Lovelace', age: 21 }
    expect(await readItem(two, key)).toMatchObject(shown)
    expect(await readItem(two, key)).not.toHaveProperty('name')
    expect(await listed(two)).toEqual([expect.objectContaining(shown)])
    expect(await readStored(two, key)).toMatchObject({ name: 'Ada Lovelace', age: 20 })
    await updateItem(two, key, (before) => ({ age: Number(before.age) * 2 }), undefined)
    const stored = await readStored(two, key)
    expect(stored).toMatchObject({ first: 'Ada', age: 42 })
    expect(stored).not.toHaveProperty('name')
    // It is upgraded once.
    expect(await readItem(two, key)).toMatchObject({ first: 'Ada', last: 'Lovelace', age: 42 })
  })

  test('is stored so by re-indexing, under its revision', async () => {
    const [one, two] = [v0(), declared(fields(), [split, older])]
    await createTable(engine, two)
    const key = await create(one, { name: 'Ada Lovelace', age: 20 })
    const before = await readItem(two, key)
    expect(await reindex(operator(two), two.name, {})).toMatchObject({ behind: 1, left: 0 })
    const stored = await readStored(two, key)
    expect(stored).toMatchObject({ _rev: before?._rev, first: 'Ada', age: 21, ...times })
    expect(stored).not.toHaveProperty('name')
    expect(await reindex(operator(two), two.name, {})).toMatchObject({ behind: 0 })
  })

  test('keeps its parent, and computed fields follow', async () => {
    const more = {
      parent: users,
      readOnly: { initial: line(1, 1) },
      compute: ({ first }: Attributes) => ({ initial: String(first)[0] ?? '' }),
    }
    const one = declared({ name: line(1, 100) }, [], { parent: users })
    const two = declared(
      { first: line(1, 50), last: line(1, 50) },
      [(item) => ({ ...split(item), userId: 'mallory' })],
      more as unknown as More,
    )
    await createTable(engine, two)
    const userId = randomUUIDv7()
    const key = await create(one, { userId, name: 'Ada Lovelace' })
    expect(await readItem(two, key)).toMatchObject({ userId, first: 'Ada', initial: 'A' })
  })

  test('stays without an owner where it was stored before there were any', async () => {
    const one = declared({ name: line(1, 100), age: integer(0, 200) })
    const gives: Upgrade = (item) => ({ ...split(item), userId: randomUUIDv7() })
    const two = declared(fields(), [gives], { owner: 'readable' })
    await createTable(engine, two)
    const key = await create(one, { name: 'Ada Lovelace', age: 20 })
    const read = await readItem(two, key)
    expect(read).toMatchObject({ first: 'Ada', age: 20 })
    expect(read).not.toHaveProperty('userId')
    expect(await reindex(operator(two), two.name, {})).toMatchObject({ left: 0, unfit: [] })
    expect(await listed(two)).toEqual([expect.objectContaining({ ...key, first: 'Ada' })])
    expect(await readStored(two, key)).not.toHaveProperty('userId')
  })

  test('has the defaults of fields that it lacks, at every depth', async () => {
    const one = declared({ name: line(1, 100), fee: object({ amount: integer(0, 9) }).optional() })
    const two = declared({
      name: line(1, 100),
      status: choice('draft', 'open').default('draft'),
      tags: list(line(1, 9), 5).default([]),
      fee: object({
        amount: integer(0, 9),
        currency: choice('EUR', 'CHF').default('EUR'),
      }).optional(),
    })
    await createTable(engine, two)
    const key = await create(one, { name: 'Ada', fee: { amount: 1 } })
    const without = await create(one, { name: 'Bob' })
    const filled = { status: 'draft', tags: [] }
    expect(await readItem(two, key)).toMatchObject({
      ...filled,
      fee: { amount: 1, currency: 'EUR' },
    })
    expect(await readItem(two, without)).not.toHaveProperty('fee')
    expect(await readStored(two, key)).not.toHaveProperty('status')
    expect(await listed(two)).toEqual([
      expect.objectContaining(filled),
      expect.objectContaining(filled),
    ])
  })

  test('is not found by a field whose default or version changed, until it is re-indexed', async () => {
    const indexes = [{ by: 'status' }]
    const status = choice('draft', 'open')
    const name = line(1, 100)
    const opens: Upgrade = (item) => ({ ...item, status: 'open' })
    const changes: [asked: string, changed: () => Resource][] = [
      ['draft', () => declared({ name, status: status.default('draft') }, [], { indexes })],
      ['open', () => declared({ name, status: status.optional() }, [opens], { indexes })],
    ]
    for (const [asked, changed] of changes) {
      made += 1
      const one = declared({ name, status: status.optional() }, [], { indexes })
      await createTable(engine, one)
      const key = await create(one, { name: 'Ada' })
      expect(await listed(one, { status: asked })).toEqual([])
      await expect(listed(changed(), { status: asked }), asked).rejects.toEqual(building)
      await reindex(operator(changed()), changed().name, {})
      expect(await listed(changed(), { status: asked })).toEqual([expect.objectContaining(key)])
    }
  })

  test('cannot be shown where an upgrade fails or fits not: nothing is short, and all is told', async () => {
    const fails: Upgrade = ({ name }) => {
      throw new Error(`no ${name}`)
    }
    const misfits: Upgrade = (item) => ({ ...item, first: '', last: 'x' })
    const one = v0()
    await createTable(engine, one)
    const key = await create(one, { name: 'Ada', age: 1 })
    for (const [upgrade, why] of [
      [fails, /fails on it \(no Ada\)/],
      [misfits, /does not fit \(\/first .*fix the function/],
    ] as const) {
      const two = declared(fields(), [upgrade])
      expect(await refusal(readItem(two, key))).toMatch(why)
      expect(await refusal(listed(two))).toMatch(why)
      expect(await refusal(updateItem(two, key, () => ({ age: 2 }), undefined))).toMatch(why)
      const checked = await reindex(operator(two), two.name, { check: true })
      expect(checked.unfit).toEqual([{ id: key.id, why: expect.stringMatching(why) }])
      const done = await reindex(operator(two), two.name, {})
      expect(done).toMatchObject({ left: 1, unfit: [{ id: key.id }] })
      expect(toldOf(two.name, done)).toMatch(/1 item is not at the current version/)
    }
    expect(await readStored(one, key)).toMatchObject({ name: 'Ada', age: 1 })
  })
})

describe('an item that newer code has written', () => {
  test('is served where it fits, else refused, and never overwritten', async () => {
    const [one, two] = [v0(), declared({ ...fields(), name: line(0, 100).optional() }, [split])]
    await createTable(engine, two)
    const old = await create(one, { name: 'Bob', age: 3 })
    const fits = await create(two, { name: 'Ada', first: 'Ada', last: 'L', age: 20 })
    expect(await readItem(one, fits)).toMatchObject({ name: 'Ada', age: 20 })
    expect(await listed(one)).toHaveLength(2)
    const again =
      /newer code has written it, and it is not overwritten: deploy the newer code again/
    for (const precondition of [undefined, () => true]) {
      expect(await refusal(deleteItem(one, fits, precondition))).toMatch(again)
      expect(await refusal(updateItem(one, fits, () => ({ age: 1 }), precondition))).toMatch(again)
    }
    const unfit = await create(two, { first: 'Ada', last: 'L', age: 21 })
    expect(await refusal(readItem(one, unfit))).toMatch(/\/name is required.*deploy the newer code/)
    // A list that lacked it would be silently short.
    expect(await refusal(listed(one))).toMatch(/deploy the newer code/)
    const done = await reindex(operator(one), one.name, {})
    expect(done).toMatchObject({ left: 2, unfit: [{}, {}] })
    expect(await readStored(two, unfit)).toMatchObject({ first: 'Ada', last: 'L', age: 21 })
    expect(await readStored(two, fits)).toMatchObject({ first: 'Ada', age: 20 })
    await deleteItem(one, old, undefined)
    await deleteItem(two, fits, undefined)
    expect(await readStored(two, fits)).toBeUndefined()
  })
})

describe('what is declared no more, and then again', () => {
  const people = { name: line(1, 100), mail: email().optional() }
  const unique = () => declared(people, [], { unique: ['mail'] })
  const plain = () => declared(people)
  const taken = expect.objectContaining({ code: 'mail_taken' })

  async function guards(of: Resource): Promise<string[]> {
    const { Items } = await engine.call('Scan', { TableName: `table-${of.name}` })
    const keys = (Items as Record<string, { S: string }>[]).map(({ id }) => id?.S ?? '')
    return keys.filter((key) => key.startsWith('~unique')).sort()
  }

  test('a unique field: no duplicate is made or hidden, and no value is kept from anybody', async () => {
    await createTable(engine, unique())
    const one = await create(unique(), { name: 'One', mail: 'a@b.org' })
    const gone = await create(unique(), { name: 'Gone', mail: 'gone@b.org' })
    const moved = await create(unique(), { name: 'Moved', mail: 'moved@b.org' })
    expect(await listed(unique(), { mail: 'a@b.org' })).toHaveLength(1)
    // Not unique any more: two are the same, one is deleted, one has another value.
    const two = await create(plain(), { name: 'Two', mail: 'A@b.org' })
    await deleteItem(plain(), gone, undefined)
    await updateItem(plain(), moved, () => ({ mail: 'to@b.org' }), undefined)
    expect(await guards(plain())).toEqual(['~unique~mail~a@b.org'])
    // Unique again, with the same print as before.
    await expect(listed(unique(), { mail: 'to@b.org' })).rejects.toEqual(building)
    await create(unique(), { name: 'New', mail: 'gone@b.org' })
    await create(unique(), { name: 'New', mail: 'moved@b.org' })
    const done = await reindex(operator(unique()), unique().name, {})
    const ids = [one.id, two.id].sort()
    expect(done.duplicates).toEqual([{ field: 'mail', value: 'A@b.org', ids }])
    await expect(listed(unique(), { mail: 'a@b.org' })).rejects.toEqual(building)
    await expect(
      updateItem(unique(), two, () => ({ mail: 'to@b.org' }), undefined),
    ).rejects.toEqual(taken)
    await updateItem(unique(), two, () => ({ name: 'Still two' }), undefined)
    await deleteItem(unique(), one, undefined)
    expect(await reindex(operator(unique()), unique().name, {})).toMatchObject({ duplicates: [] })
    expect(await listed(unique(), { mail: 'a@b.org' })).toEqual([expect.objectContaining(two)])
    expect(await listed(unique(), { mail: 'to@b.org' })).toEqual([expect.objectContaining(moved)])
  })

  test('a unique field: its guards go when items are re-indexed', async () => {
    await createTable(engine, unique())
    await create(unique(), { name: 'One', mail: 'a@b.org' })
    await create(unique(), { name: 'None' })
    expect(await guards(plain())).toHaveLength(1)
    await reindex(operator(plain()), plain().name, {})
    expect(await guards(plain())).toEqual([])
    await create(plain(), { name: 'Two', mail: 'a@b.org' })
  })

  test('a unique field by another name: the upgrade takes its guards along', async () => {
    const renames: Upgrade = ({ mail, ...rest }) => ({ ...rest, address: mail })
    const fields = { name: line(1, 100), address: email().optional() }
    const renamed = declared(fields, [renames], { unique: ['address'] })
    await createTable(engine, unique())
    const keys = []
    for (const name of ['a', 'b', 'c'])
      keys.push(await create(unique(), { name, mail: `${name}@b.org` }))
    const [first = {}, second = {}] = keys
    await updateItem(renamed, first, () => ({ address: 'x@b.org' }), undefined)
    await deleteItem(renamed, second, undefined)
    expect(await guards(renamed)).toEqual(['~unique~address~x@b.org', '~unique~mail~c@b.org'])
    await reindex(operator(renamed), renamed.name, {})
    expect(await guards(renamed)).toEqual(['~unique~address~c@b.org', '~unique~address~x@b.org'])
  })

  test('an index: what was stored for it goes, and lists wait when it is declared again', async () => {
    const indexed = () => declared(people, [], { indexes: [{ by: 'name' }, { sort: 'mail' }] })
    await createTable(engine, indexed())
    const key = await create(indexed(), { name: 'One', mail: 'a@b.org' })
    expect(await listed(indexed(), { name: 'One' })).toHaveLength(1)
    const later = await create(plain(), { name: 'One', mail: 'a@b.org' })
    await expect(listed(indexed(), { name: 'One' })).rejects.toEqual(building)
    await reindex(operator(indexed()), indexed().name, {})
    expect(await listed(indexed(), { name: 'One' })).toHaveLength(2)
    await reindex(operator(plain()), plain().name, {})
    for (const one of [key, later])
      expect(Object.keys((await readStored(plain(), one)) ?? {}).sort()).toEqual([
        '_rev',
        '_seq',
        '_shard',
        '_v',
        'createdAt',
        'id',
        'mail',
        'name',
        'updatedAt',
      ])
    await expect(listed(indexed(), { name: 'One' })).rejects.toEqual(building)
  })

  test('a change that began before an item was re-indexed is made anew', async () => {
    await createTable(engine, unique())
    const key = await create(plain(), { name: 'One', mail: 'a@b.org' })
    let asked = 0
    await updateItem(
      unique(),
      key,
      async () => {
        asked += 1
        if (asked === 1) await reindex(operator(unique()), unique().name, {})
        return { mail: 'b@b.org' }
      },
      undefined,
    )
    expect(asked).toBe(2)
    expect(await guards(unique())).toEqual(['~unique~mail~b@b.org'])
  })
})
