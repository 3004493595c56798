import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import { email, line } from '../../functions/model/fields.ts'
import { Problem } from '../../functions/model/problems.ts'
import { resource } from '../../functions/model/resource.ts'
import type { Attributes } from '../../functions/store/attributes.ts'
import {
  createItem,
  deleteItem,
  newItem,
  readItem,
  updateItem,
} from '../../functions/store/items.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { startStore } from './engine.ts'

const books = resource({
  name: 'books',
  singular: 'book',
  fields: { title: line(1, 100), isbn: line(1, 20).optional(), email: email().optional() },
  unique: ['isbn', 'email'],
})
const notes = resource({
  name: 'notes',
  singular: 'note',
  parent: { name: 'users', singular: 'user', param: 'userId' },
  fields: { title: line(1, 100) },
  unique: ['title'],
})

describe('items', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await startStore(books, notes)
  })
  afterAll(() => engine?.stop())

  async function create(fields: Attributes, of: Resource = books): Promise<Attributes> {
    const id = randomUUIDv7()
    const failure = await createItem(of, newItem(of, { id, ...fields }, id))
    if (failure) throw new Problem(failure)
    return of.parent ? { userId: fields.userId, id } : { id }
  }

  /** Everything that lies in the table, without what changes from run to run. */
  async function dump(of: Resource = books): Promise<string[]> {
    const { Items } = await engine.call('Scan', { TableName: `table-${of.name}` })
    return (Items as Record<string, { S: string }>[])
      .flatMap(({ userId, id }) => [userId?.S, id?.S])
      .filter((key) => key?.startsWith('~'))
      .sort() as string[]
  }

  const taken = (code: string) => expect.objectContaining({ code })

  test('an optional unique value is guarded while there is one', async () => {
    const first = await create({ title: 'a' })
    const second = await create({ title: 'b' })
    await updateItem(books, first, { isbn: 'undefined' }, undefined)
    await expect(updateItem(books, second, { isbn: 'undefined' }, undefined)).rejects.toEqual(
      taken('isbn_taken'),
    )
    await updateItem(books, first, { isbn: undefined }, undefined)
    expect(await readItem(books, first)).not.toHaveProperty('isbn')
    await updateItem(books, second, { isbn: 'undefined', email: 'A@b.org' }, undefined)
    expect(await dump()).toEqual(['~unique~email~a@b.org', '~unique~isbn~undefined'])
    for (const key of [first, second]) await deleteItem(books, key, undefined)
    expect(await dump()).toEqual([])
  })

  test('two unique values move together or not at all', async () => {
    const one = await create({ title: 'a', isbn: '1', email: 'one@b.org' })
    await create({ title: 'b', isbn: '2', email: 'two@b.org' })
    const before = await dump()
    const moved = updateItem(books, one, { isbn: '3', email: 'TWO@b.org' }, undefined)
    await expect(moved).rejects.toEqual(taken('email_taken'))
    expect(await dump()).toEqual(before)
    expect(await readItem(books, one)).toMatchObject({ isbn: '1', email: 'one@b.org' })
  })

  test('under a parent a value is unique among the siblings, its guard in their partition', async () => {
    const own = await create({ userId: 'u1', title: 'a' }, notes)
    await create({ userId: 'u2', title: 'a' }, notes)
    await expect(create({ userId: 'u1', title: 'a' }, notes)).rejects.toEqual(taken('title_taken'))
    await updateItem(notes, own, { title: 'b' }, undefined)
    await create({ userId: 'u1', title: 'a' }, notes)
    expect(await dump(notes)).toEqual(['~unique~title~a', '~unique~title~a', '~unique~title~b'])
    const { Items } = await engine.call('Scan', { TableName: 'table-notes' })
    const users = (Items as Record<string, { S: string }>[]).map(({ userId }) => userId?.S)
    expect(new Set(users)).toEqual(new Set(['u1', 'u2']))
  })

  test('twenty writers of one unique value all get there', async () => {
    const key = await create({ title: 'a', isbn: 'start' })
    const writers = Array.from({ length: 20 }, (_, at) =>
      updateItem(books, key, { isbn: `writer ${at}` }, undefined),
    )
    await Promise.all(writers)
    const isbn = (await readItem(books, key))?.isbn
    expect((await dump()).filter((guard) => guard.includes('writer'))).toEqual([
      `~unique~isbn~${isbn}`,
    ])
  })
})
