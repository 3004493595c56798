import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import { email, line } from '../../functions/model/fields.ts'
import { users } from '../../functions/model/parents.ts'
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
  parent: users,
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
      .filter((key) => key?.startsWith('~unique'))
      .sort() as string[]
  }

  const taken = (code: string) => expect.objectContaining({ code })

  test('an optional unique value is guarded while there is one', async () => {
    const first = await create({ title: 'a' })
    const second = await create({ title: 'b' })
    await updateItem(books, first, () => ({ isbn: 'undefined' }), undefined)
    await expect(
      updateItem(books, second, () => ({ isbn: 'undefined' }), undefined),
    ).rejects.toEqual(taken('isbn_taken'))
    await updateItem(books, first, () => ({ isbn: undefined }), undefined)
    expect(await readItem(books, first)).not.toHaveProperty('isbn')
    await updateItem(books, second, () => ({ isbn: 'undefined', email: 'A@b.org' }), undefined)
    expect(await dump()).toEqual(['~unique~email~a@b.org', '~unique~isbn~undefined'])
    for (const key of [first, second]) await deleteItem(books, key, undefined)
    expect(await dump()).toEqual([])
  })

  test('two unique values move together or not at all', async () => {
    const one = await create({ title: 'a', isbn: '1', email: 'one@b.org' })
    await create({ title: 'b', isbn: '2', email: 'two@b.org' })
    const before = await dump()
    const moved = updateItem(books, one, () => ({ isbn: '3', email: 'TWO@b.org' }), undefined)
    await expect(moved).rejects.toEqual(taken('email_taken'))
    expect(await dump()).toEqual(before)
    expect(await readItem(books, one)).toMatchObject({ isbn: '1', email: 'one@b.org' })
  })

  test('under a parent a value is unique among the siblings, its guard in their partition', async () => {
    const own = await create({ userId: 'u1', title: 'a' }, notes)
    await create({ userId: 'u2', title: 'a' }, notes)
    await expect(create({ userId: 'u1', title: 'a' }, notes)).rejects.toEqual(taken('title_taken'))
    await updateItem(notes, own, () => ({ title: 'b' }), undefined)
    await create({ userId: 'u1', title: 'a' }, notes)
    expect(await dump(notes)).toEqual(['~unique~title~a', '~unique~title~a', '~unique~title~b'])
    const { Items } = await engine.call('Scan', { TableName: 'table-notes' })
    const users = (Items as Record<string, { S: string }>[]).map(({ userId }) => userId?.S)
    expect(new Set(users)).toEqual(new Set(['u1', 'u2', '~version']))
  })

  test('a guard is released by its owner alone: what is older than the rule lets no duplicate in', async () => {
    const key = { title: 'old', email: 'same@b.org' }
    // As they were stored before the field was unique.
    const old = [randomUUIDv7(), randomUUIDv7()]
    for (const id of old)
      await createItem({ ...books, unique: [] }, newItem(books, { id, ...key }, id))
    const owner = await create(key)
    await expect(create(key)).rejects.toEqual(taken('email_taken'))
    await deleteItem(books, { id: old[0] }, undefined)
    await expect(create(key)).rejects.toEqual(taken('email_taken'))
    await updateItem(books, { id: old[1] }, () => ({ email: 'new@b.org' }), undefined)
    await expect(create(key)).rejects.toEqual(taken('email_taken'))
    await deleteItem(books, owner, undefined)
    expect(await create(key)).toBeDefined()
  })

  test('a guard of before they named their owners is released as ever', async () => {
    const key = await create({ title: 'a', isbn: 'ownerless' })
    await engine.call('UpdateItem', {
      TableName: 'table-books',
      Key: { id: { S: '~unique~isbn~ownerless' } },
      UpdateExpression: 'REMOVE #owner',
      ExpressionAttributeNames: { '#owner': '_owner' },
    })
    await deleteItem(books, key, undefined)
    expect(await dump()).not.toContain('~unique~isbn~ownerless')
  })

  test('values that look the same are the same: one in NFC, one in NFD', async () => {
    await create({ title: 'a', isbn: 'caf\u00e9' })
    await expect(create({ title: 'b', isbn: 'cafe\u0301' })).rejects.toEqual(taken('isbn_taken'))
  })

  test('an item over 400 KB is too large, however it is written', async () => {
    const tooLarge = taken('payload_too_large')
    const body = 'x'.repeat(410_000)
    const key = await create({ title: 'a', isbn: 'large' })
    await expect(create({ title: body })).rejects.toEqual(tooLarge)
    await expect(updateItem(books, key, () => ({ title: body }), undefined)).rejects.toEqual(
      tooLarge,
    )
    const moved = { title: body, isbn: 'larger' }
    await expect(updateItem(books, key, () => moved, undefined)).rejects.toEqual(tooLarge)
    expect(await readItem(books, key)).toMatchObject({ title: 'a', isbn: 'large' })
  })

  test('twenty writers of one unique value all get there', async () => {
    const key = await create({ title: 'a', isbn: 'start' })
    const writers = Array.from({ length: 20 }, (_, at) =>
      updateItem(books, key, () => ({ isbn: `writer ${at}` }), undefined),
    )
    await Promise.all(writers)
    const isbn = (await readItem(books, key))?.isbn
    expect((await dump()).filter((guard) => guard.includes('writer'))).toEqual([
      `~unique~isbn~${isbn}`,
    ])
  })
})
