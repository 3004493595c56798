import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import { integer, line } from '../../functions/model/fields.ts'
import { planList } from '../../functions/model/list-plan.ts'
import { listQuery } from '../../functions/model/list-query.ts'
import { resource } from '../../functions/model/resource.ts'
import { createItem, deleteItem, newItem, updateItem } from '../../functions/store/items.ts'
import { listItems } from '../../functions/store/lists.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { repetitions, times } from '../auth/support.ts'
import { idAt, seed } from '../seed.ts'
import { createTable, startStore } from './engine.ts'
import { generated, query, randomness, rows } from './generated.ts'
import { expectedIds } from './oracle.ts'

const queries = 20
const declarations = repetitions(250, 10)

let engine: Engine
beforeAll(async () => {
  engine = await startStore()
})
afterAll(() => engine?.stop())

/** All pages of what is asked, in the words of a request. */
async function walk(
  resource: Resource,
  parent: Record<string, string>,
  asked: Readonly<Record<string, string>>,
  limitOf: () => number,
): Promise<string[]> {
  const { limit: _, cursor: __, ...parsed } = listQuery(resource).parse(asked)
  const plan = planList(resource, parsed)
  const found: string[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const limit = limitOf()
    const page = await listItems(resource, { parent, plan, limit, after })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    found.push(...page.items.map(({ id }) => String(id)))
    after = page.next
  }
  return found
}

describe(`${declarations * queries} lists of generated declarations, items and queries`, () => {
  test.each(times(declarations, (at) => at + 1))('are what they should be: %i', async (number) => {
    const random = randomness(number)
    const made = generated(random, `made${number}`)
    await createTable(engine, made.resource)
    const stored = rows(made, random)
    const table = `table-${made.resource.name}`
    await seed({ endpoint: engine.endpoint, table }, made.resource, stored)
    const parent = made.resource.parent ? { userId: 'one' } : {}
    const own = stored.filter((row) => row.userId === parent.userId)
    for (let count = 0; count < queries; count++) {
      const asked = query(made, random)
      const found = await walk(made.resource, parent, asked, () => 1 + random.below(12))
      const { indexes } = made.resource
      expect(found, JSON.stringify({ asked, indexes })).toEqual(expectedIds(made, own, asked))
    }
    await engine.call('DeleteTable', { TableName: table })
  })
})

describe('twenty walks while others write', () => {
  const books = resource({
    name: 'books',
    singular: 'book',
    fields: { title: line(1, 100), pages: integer(1, 999), blurb: line(1, 100) },
    indexes: [{ sort: 'pages' }, { by: 'title', sort: 'pages' }, { by: 'title' }],
    unique: ['blurb'],
    shards: 2,
  })

  test('find all that is there throughout, and nothing twice', async () => {
    await createTable(engine, books)
    const stable = times(60, (at) => ({
      ...{ id: idAt(1_700_000_000_000 + at * 7), title: 'there' },
      ...{ pages: 1 + ((at * 37) % 50), blurb: `stable ${at}` },
    }))
    await seed({ endpoint: engine.endpoint, table: 'table-books' }, books, stable)
    let walking = true
    const writer = async (number: number) => {
      const own: string[] = []
      for (let at = 0; walking; at++) {
        const id = randomUUIDv7()
        const fields = { id, title: 'there', pages: 1 + ((at * 13 + number) % 50), blurb: id }
        await createItem(books, newItem(books, fields, id))
        await updateItem(books, { id }, () => ({ blurb: `${id}!` }), undefined)
        const [oldest] = own.push(id) > 10 ? own.splice(0, 1) : []
        if (oldest !== undefined) await deleteItem(books, { id: oldest }, undefined)
      }
    }
    const writers = Promise.all(times(4, writer)).finally(() => {
      walking = false
    })
    const asks = [
      { sort: 'pages' },
      { sort: '-pages' },
      { title: 'there' },
      {},
      { title: 'there', sort: 'pages' },
    ]
    const walks = async () => {
      for (const asked of times(20, (at) => asks[at % asks.length] as Record<string, string>)) {
        const found = await walk(books, {}, asked, () => 7)
        expect(new Set(found).size, JSON.stringify(asked)).toBe(found.length)
        const missed = stable.filter(({ id }) => !found.includes(id))
        expect(missed, JSON.stringify(asked)).toEqual([])
      }
    }
    await walks().finally(() => {
      walking = false
    })
    await writers
  })
})
