import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import { line } from '../../functions/model/fields.ts'
import { users } from '../../functions/model/parents.ts'
import { Problem } from '../../functions/model/problems.ts'
import { resource } from '../../functions/model/resource.ts'
import { fromAttributeValues } from '../../functions/store/attribute-values.ts'
import type { Attributes } from '../../functions/store/attributes.ts'
import { createItem, deleteItem, newItem, updateItem } from '../../functions/store/items.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { reindex } from '../../infra/reindex/reindex.ts'
import { inParallel, times } from '../auth/support.ts'
import { guardFaults } from '../invariants.ts'
import { idAt } from '../seed.ts'
import { createTable, startStore } from './engine.ts'
import { randomness } from './generated.ts'
import { operator } from './operator.ts'

let made = 0
let engine: Engine

/** Before the field was unique, and since. */
function declared(unique: string[], parent = false): Resource {
  return resource({
    name: `tools${made}`,
    singular: 'tool',
    fields: { serial: line(1, 100), name: line(1, 100) },
    unique,
    ...(parent && { parent: users }),
  } as never) as unknown as Resource
}

beforeEach(async () => {
  made += 1
  engine ??= await startStore()
})
afterAll(() => engine?.stop())

const id = (number: number) => idAt(1_700_000_000_000 + number)
const changed = (doing: Promise<unknown>) =>
  doing.then(
    () => true,
    (error: unknown) => {
      if (error instanceof Problem && error.code === 'serial_taken') return false
      throw error
    },
  )

/** What is done with the items of one table, by their numbers; false where a value is taken. */
function over(today: Resource) {
  const key = (number: number) => ({ ...(today.parent && { userId: 'u' }), id: id(number) })
  const make = async (of: Resource, number: number, serial: string) => {
    const item = newItem(of, { ...key(number), serial, name: 'x' }, id(number))
    return (await createItem(of, item)) === undefined
  }
  return {
    /** As it was stored before guards. */
    old: (number: number, serial: string) =>
      make({ ...today, unique: [] }, number, serial).then((done) => expect(done).toBe(true)),
    create: (number: number, serial: string) => make(today, number, serial),
    patch: (number: number, change: Attributes) =>
      changed(updateItem(today, key(number), () => change, undefined)),
    remove: (number: number) => deleteItem(today, key(number), undefined),
    reindex: async () => {
      const of = operator(today)
      const { duplicates, left } = await reindex(
        async (command) => {
          const { command: name, parents } = command as Record<string, unknown>
          // The parent has no table here.
          if (name === 'reindex-status') return [{ resource: today.name }]
          const within = today.parent && name === 'reindex-page' && !parents
          return of(within ? { ...command, parents: ['u'] } : command)
        },
        today.name,
        {},
      )
      expect(left).toBe(0)
      return duplicates.map(({ ids }) => ids)
    },
    stored: async (): Promise<Attributes[]> => {
      const { Items } = await engine.call('Scan', { TableName: `table-${today.name}` })
      return (Items as Parameters<typeof fromAttributeValues>[0][]).map(fromAttributeValues)
    },
  }
}

describe('a value that several items had before it was unique', () => {
  test('is taken for others as long as one of them has it, whoever goes first', async () => {
    await createTable(engine, declared(['serial']))
    const tools = over(declared(['serial']))
    for (const number of [1, 2, 3]) await tools.old(number, 'S')
    expect(await tools.reindex()).toEqual([[id(1), id(2), id(3)]])
    // The newest was met first, and holds the guard.
    await tools.remove(3)
    expect(await tools.create(4, 'S')).toBe(false)
    // The next of them that is re-indexed holds it, and those that are left are reported again.
    expect(await tools.reindex()).toEqual([[id(1), id(2)]])
    expect(await tools.patch(2, { serial: 'other' })).toBe(true)
    expect(await tools.create(4, 'S')).toBe(false)
    expect(await tools.patch(2, { serial: 'S' })).toBe(false)
    // The next of them that is written holds it, too.
    expect(await tools.patch(1, { name: 'y' })).toBe(true)
    expect(await tools.create(4, 'S')).toBe(false)
    expect(await tools.reindex()).toEqual([])
    // With the last of them the value is free at once, and one create gets it.
    expect(await tools.patch(1, { serial: 'mended' })).toBe(true)
    const outcomes = await Promise.all(times(10, (at) => tools.create(10 + at, 'S')))
    expect(outcomes.filter(Boolean)).toHaveLength(1)
    expect(guardFaults(declared(['serial']), await tools.stored())).toEqual([])
  })

  test('goes back and forth among them, is released by the last, who never held it', async () => {
    await createTable(engine, declared(['serial']))
    const tools = over(declared(['serial']))
    for (const number of [1, 2]) await tools.old(number, 'S')
    await tools.reindex()
    await tools.remove(2)
    expect(await tools.patch(1, { serial: 'T' })).toBe(true)
    expect(await tools.patch(1, { serial: 'S' })).toBe(true)
    await tools.remove(1)
    expect(await tools.create(3, 'S')).toBe(true)
    expect(guardFaults(declared(['serial']), await tools.stored())).toEqual([])
  })

  test('is shared by the first write of one of them as well, before re-indexing comes to it', async () => {
    await createTable(engine, declared(['serial']))
    const tools = over(declared(['serial']))
    for (const number of [1, 2, 3]) await tools.old(number, 'S')
    for (const number of [1, 2]) await tools.patch(number, { name: 'y' })
    await tools.remove(1)
    expect(await tools.create(4, 'S')).toBe(false)
    // Nothing has come to the third: the guard goes with the second, and a new item is reported.
    await tools.remove(2)
    expect(await tools.create(4, 'S')).toBe(true)
    expect(await tools.reindex()).toEqual([[id(3), id(4)]])
    await tools.remove(4)
    expect(await tools.create(5, 'S')).toBe(false)
    expect(await tools.reindex()).toEqual([])
  })

  test('keeps its count when one takes the guard that nobody has come to before', async () => {
    await createTable(engine, declared(['serial']))
    const tools = over(declared(['serial']))
    for (const number of [1, 2, 3]) await tools.old(number, 'S')
    for (const number of [1, 2]) await tools.patch(number, { name: 'y' })
    await tools.remove(1)
    await tools.patch(3, { name: 'y' })
    expect(guardFaults(declared(['serial']), await tools.stored())).toEqual([])
    await tools.remove(3)
    expect(await tools.create(4, 'S')).toBe(false)
  })

  test('has no guard left when the field is unique no more', async () => {
    await createTable(engine, declared(['serial']))
    const tools = over(declared(['serial']))
    for (const number of [1, 2, 3, 4]) await tools.old(number, 'S')
    await tools.reindex()
    await tools.remove(4)
    const plain = over(declared([]))
    await plain.remove(3)
    await plain.patch(2, { serial: 'T' })
    expect(await plain.reindex()).toEqual([])
    const keys = (await plain.stored()).map((item) => String(item.id))
    expect(keys.filter((key) => key.startsWith('~unique'))).toEqual([])
  })

  test('of many items at once', async () => {
    await createTable(engine, declared(['serial']))
    const tools = over(declared(['serial']))
    const count = 25
    await Promise.all(times(count, (number) => tools.old(number, 'S')))
    const some = times(10, (number) => number)
    await inParallel(some, 5, (number) => tools.patch(number, { name: 'y' }))
    expect(await tools.reindex()).toEqual([times(count, id)])
    expect(guardFaults(declared(['serial']), await tools.stored())).toEqual([])
    await inParallel(
      times(count, (number) => number),
      5,
      tools.remove,
    )
    expect(await tools.stored()).toHaveLength(1)
  })

  test.each([
    ['in the whole table, once re-indexed', false, true],
    ['in the whole table, while re-indexing has not come', false, false],
    ['under a parent', true, true],
  ])('whatever happens, %s', async (_, parent, first) => {
    const random = randomness(first ? 7 : 8)
    for (let round = 0; round < 6; round++) {
      made += 1
      const today = declared(['serial'], parent)
      await createTable(engine, today)
      const tools = over(today)
      const serials = new Map<number, string>()
      /** The items that a write or re-indexing has come to since the field became unique. */
      const known = new Set<number>()
      for (const [number, serial] of [...'AAABB'].entries()) {
        await tools.old(number, serial)
        serials.set(number, serial)
      }
      const isKnown = (serial: string, but?: number) =>
        [...known].some((number) => number !== but && serials.get(number) === serial)
      const all = async () => {
        await tools.reindex()
        for (const number of serials.keys()) known.add(number)
      }
      if (first) await all()
      for (let next = 10; next < 40; next++) {
        const serial = random.pick([...'ABC'])
        const number = random.pick([...serials.keys()])
        const action = random.pick(['create', 'change', 'touch', 'remove', 'reindex'])
        if (action === 'reindex' && random.chance(0.5)) await all()
        if (action === 'create' || number === undefined) {
          const done = await tools.create(next, serial)
          expect(done, `${next} ${serial}`).toBe(!isKnown(serial))
          if (done) serials.set(next, serial)
          if (done) known.add(next)
        } else if (action === 'change') {
          const isFree = serials.get(number) === serial || !isKnown(serial, number)
          expect(await tools.patch(number, { serial }), `${number} ${serial}`).toBe(isFree)
          if (isFree) serials.set(number, serial)
          if (isFree) known.add(number)
        } else if (action === 'touch') {
          expect(await tools.patch(number, { name: `${next}` })).toBe(true)
          known.add(number)
        } else if (action === 'remove') {
          await tools.remove(number)
          serials.delete(number)
          known.delete(number)
        }
        const stored = await tools.stored()
        const come = stored.filter(
          (item) =>
            String(item.id).startsWith('~') || [...known].some((one) => id(one) === item.id),
        )
        expect(guardFaults(today, come)).toEqual([])
      }
      await all()
      for (const number of serials.keys()) await tools.remove(number)
      for (const [at, serial] of [...'ABC'].entries())
        expect(await tools.create(100 + at, serial)).toBe(true)
    }
  })

  test('whatever happens at the same time', async () => {
    const random = randomness(9)
    for (let round = 0; round < 8; round++) {
      made += 1
      const today = declared(['serial'])
      await createTable(engine, today)
      const tools = over(today)
      const old = times(4, (number) => number)
      for (const number of old) await tools.old(number, 'S')
      await tools.reindex()
      const doings = old.map((number) =>
        random.chance(0.3)
          ? tools.patch(number, { name: 'y' })
          : random.chance(0.5)
            ? tools.patch(number, { serial: `${number}` })
            : tools.remove(number),
      )
      const creating = times(4, (at) => tools.create(10 + at, 'S'))
      await Promise.all([...doings, ...creating, tools.reindex()])
      const stored = await tools.stored()
      expect(guardFaults(today, stored)).toEqual([])
      const having = stored.filter(({ serial }) => serial === 'S').map((item) => item.id)
      const added = having.filter((one) => !old.map(id).includes(String(one)))
      expect(added.length === 0 || having.length === 1, String(having)).toBe(true)
    }
  })
})
