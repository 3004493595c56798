import { expect, test } from 'vitest'
import * as z from 'zod'
import type { OwnRoute } from '../../functions/model/declaration.ts'
import { line } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { resourceGrants } from '../../infra/grants.ts'

const lending: OwnRoute = {
  ...{ method: 'POST', on: 'item', path: '/loan', power: 'write', summary: 'Lend a book' },
}

function granted(lend?: OwnRoute): readonly string[] | undefined {
  const books = resource({
    ...{ name: 'books', singular: 'book', param: 'bookId', fields: { title: line(1, 9) } },
    operations: ['list'],
    ...(lend && { routes: { lend } }),
  })
  return resourceGrants(books).books
}

test('a route that changes an item may write it, whatever operations there are', () => {
  expect(granted()).not.toContain('PutItem')
  expect(granted({ ...lending, answer: () => z.strictObject({}) })).not.toContain('PutItem')
  expect(granted(lending)).toEqual(expect.arrayContaining(['DeleteItem', 'GetItem', 'PutItem']))
})
