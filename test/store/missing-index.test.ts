import { afterAll, beforeAll, expect, test } from 'vitest'
import { line } from '../../functions/model/fields.ts'
import { planList } from '../../functions/model/list-plan.ts'
import { resource } from '../../functions/model/resource.ts'
import { createItem, newItem } from '../../functions/store/items.ts'
import { listItems } from '../../functions/store/lists.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { idAt } from '../seed.ts'
import { createTable, startStore } from './engine.ts'

const declared = (indexes: readonly { by: 'title' | 'code' }[]) =>
  resource({
    name: 'volumes',
    singular: 'volume',
    fields: { title: line(1, 9), code: line(1, 9) },
    indexes,
  })
const wanted = declared([{ by: 'title' }, { by: 'code' }])

let engine: Engine
beforeAll(async () => {
  engine = await startStore()
  // A deployment on the way to what is declared: the second index is not there yet.
  await createTable(engine, declared([{ by: 'title' }]))
})
afterAll(() => engine.stop())

test('a list by an index that is not made yet is 503 index_building; all else works', async () => {
  const id = idAt(1_700_000_000_000)
  await createItem(wanted, newItem(wanted, { id, title: 'Emma', code: 'E' }, id))
  const list = (query: Record<string, string>) =>
    listItems(wanted, { parent: {}, plan: planList(wanted, query), limit: 9, after: undefined })
  expect((await list({ title: 'Emma' })).items).toHaveLength(1)
  expect((await list({})).items).toHaveLength(1)
  await expect(list({ code: 'E' })).rejects.toMatchObject({
    code: 'index_building',
    headers: { 'Retry-After': '60' },
  })
})
