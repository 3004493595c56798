import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { line, text } from '../../functions/resources/fields.ts'
import { resource } from '../../functions/resources/resource.ts'
import { createItem, newItem } from '../../functions/store/items.ts'
import { listItems } from '../../functions/store/lists.ts'
import type { Engine } from '../../infra/local/engine.ts'
import { startStore } from './engine.ts'

const books = resource({
  name: 'books',
  singular: 'book',
  fields: { title: line(1, 100), shelf: line(1, 20), body: text(100_000) },
  filters: ['shelf', 'title'],
  shards: 16,
  member: [],
})

describe('lists over several partitions', () => {
  let engine: Engine
  let ids: string[]
  beforeAll(async () => {
    engine = await startStore(books)
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
    for (let before: string | null | undefined; before !== null; ) {
      const page = await listItems(books, { within, limit, before })
      found.push(...page.items.map(({ id }) => String(id)))
      sizes.push(page.items.length)
      before = page.next
    }
    return { found, sizes }
  }

  test.each([5, 25, 50, 100])('pages of %i leave no gap and repeat nothing', async (limit) => {
    const { found, sizes } = await walk(limit)
    expect(found).toEqual([...ids].reverse())
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit)
  })

  test.each([1, 7, 100])('nor do those of two filters: pages of %i', async (limit) => {
    const { found } = await walk(limit, { shelf: '1', title: '0' })
    expect(found).toEqual(ids.filter((_, at) => at % 3 === 1 && at % 2 === 0).reverse())
  })
})
