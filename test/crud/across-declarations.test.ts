import { afterAll, beforeAll, expect, test } from 'vitest'
import { pageReply, parseListRequest } from '../../functions/crud/page.ts'
import { itemKey } from '../../functions/crud/path-keys.ts'
import type { Request } from '../../functions/http/request.ts'
import type { Fields } from '../../functions/model/declaration.ts'
import { email, line, slug } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { createTable, startStore } from '../store/engine.ts'

/** What clients keep while a declaration changes. */
let engine: Engine
beforeAll(async () => {
  engine = await startStore()
})
afterAll(() => engine.stop())

const request = (given: object) => ({ path: () => '/guests', root: '', ...given }) as Request

test('a cursor is refused where values compare otherwise than when it was given', async () => {
  const declared = (who: Fields[string]) =>
    resource({ name: 'guests', singular: 'guest', fields: { who }, indexes: [{ sort: 'who' }] })
  const before = declared(line(1, 99))
  await createTable(engine, before)
  const query = { limit: 1, sort: 'who' }
  const asked = await parseListRequest(before, request({ query }))
  const { body } = await pageReply(asked, request({}), [{}], 'place')
  const { nextCursor: cursor } = JSON.parse(body ?? '')
  const next = request({ query: { ...query, cursor } })
  expect((await parseListRequest(declared(line(1, 50)), next)).after).toBe('place')
  await expect(parseListRequest(declared(email()), next)).rejects.toMatchObject({
    code: 'bad_request',
  })
})

test('a key leads to its item though new ones must be shorter', () => {
  const declared = (max: number) =>
    resource({ name: 'peaks', singular: 'peak', key: 'name', fields: { name: slug(max) } })
  const name = 'x'.repeat(64)
  const { param } = declared(64)
  expect(itemKey(declared(32), request({ params: { [param]: name } }))).toEqual({ name })
  for (const wrong of ['', 'Upper', 'a/b', 'x'.repeat(300), undefined])
    expect(() => itemKey(declared(32), request({ params: { [param]: wrong } }))).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    )
})
