import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { capacity, resetCapacity } from '../../functions/invocation/capacity.ts'
import { line, text } from '../../functions/model/fields.ts'
import { newestFirst, planList } from '../../functions/model/list-plan.ts'
import { resource } from '../../functions/model/resource.ts'
import { createItem, newItem } from '../../functions/store/items.ts'
import { listItems } from '../../functions/store/lists.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { times } from '../auth/support.ts'
import { idAt, seed } from '../seed.ts'
import { startStore } from './engine.ts'

const books = resource({
  name: 'books',
  singular: 'book',
  fields: { title: line(1, 100), shelf: line(1, 20), body: text(100_000) },
  indexes: [{ by: 'shelf' }, { by: 'title' }],
  shards: 16,
})

const shelves = resource({
  name: 'shelves',
  singular: 'shelf',
  fields: { title: line(1, 100) },
  shards: 16,
})

describe('lists over several partitions', () => {
  let engine: Engine
  let ids: string[]
  beforeAll(async () => {
    engine = await startStore(books, shelves)
    // Large enough that a query of one partition ends at DynamoDB's 1 MB before its limit.
    const body = 'x'.repeat(80_000)
    ids = Array.from(
      { length: 240 },
      (_, at) => `01890000-0000-7000-8000-${`${at}`.padStart(12, '0')}`,
    )
    for (const [at, id] of ids.entries()) {
      const fields = { id, title: `${at % 2}`, shelf: `${at % 3}`, body: at % 40 < 32 ? body : '' }
      // One partition has the large items, and most of them.
      const item = { ...newItem(books, fields, id), ...(at % 40 < 32 && { _shard: '7' }) }
      await createItem(books, item)
    }
  })
  afterAll(() => engine?.stop())

  async function walk(limit: number, within = {}): Promise<{ found: string[]; sizes: number[] }> {
    const found: string[] = []
    const sizes: number[] = []
    const plan = planList(books, within)
    for (let after: string | null | undefined; after !== null; ) {
      const page = await listItems(books, { parent: {}, plan, limit, after })
      found.push(...page.items.map(({ id }) => String(id)))
      sizes.push(page.items.length)
      after = page.next
    }
    return { found, sizes }
  }

  test.each([5, 25, 50, 100])('pages of %i leave no gap and repeat nothing', async (limit) => {
    const { found, sizes } = await walk(limit)
    expect(found).toEqual([...ids].reverse())
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit)
  })

  test('a page costs as much among 4,800 items as among 1,600', async () => {
    async function cost(from: number, to: number): Promise<number> {
      const items = times(to - from, (at) => ({ id: idAt(from + at), title: 'x'.repeat(100) }))
      await seed({ endpoint: engine.endpoint, table: 'table-shelves' }, shelves, items)
      const request = { parent: {}, plan: newestFirst, limit: 25, after: undefined }
      // What the table holds of its indexes is read once, by the first list.
      await listItems(shelves, request)
      resetCapacity()
      const page = await listItems(shelves, request)
      expect(page.items.map(({ id }) => id)).toEqual(times(25, (at) => idAt(to - 1 - at)))
      return capacity.read
    }
    const few = await cost(0, 1600)
    expect(few).toBeGreaterThan(0)
    expect(await cost(1600, 4800)).toBe(few)
  })

  test('a page of two filters is full, though what passes both is old', async () => {
    const items = times(400, (at) => ({
      ...{ id: idAt(10_000 + at), body: '' },
      ...{ shelf: 'far', title: at < 30 ? 'old' : 'new' },
    }))
    await seed({ endpoint: engine.endpoint, table: 'table-books' }, books, items)
    const request = { parent: {}, plan: planList(books, { shelf: 'far', title: 'old' }), limit: 25 }
    const page = await listItems(books, { ...request, after: undefined })
    expect(page.items).toHaveLength(25)
    const rest = await listItems(books, { ...request, after: page.next ?? undefined })
    expect([rest.items.length, rest.next]).toEqual([5, null])
  })

  test.each([1, 7, 100])('nor do those of two filters: pages of %i', async (limit) => {
    const { found } = await walk(limit, { shelf: '1', title: '0' })
    expect(found).toEqual(ids.filter((_, at) => at % 3 === 1 && at % 2 === 0).reverse())
  })
})
