import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { checkResource } from '../../functions/model/check-resource.ts'
import type { Fields, Resource } from '../../functions/model/declaration.ts'
import { choice, integer, line, object, ref, text } from '../../functions/model/fields.ts'
import { Problem } from '../../functions/model/problems.ts'
import { resource } from '../../functions/model/resource.ts'
import { createItem, deleteItem, newItem, readStored } from '../../functions/store/items.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { createTable } from '../store/engine.ts'
import { client, startQuietStore, stopQuietStore } from './client.ts'

let made = 0
let engine: Engine
beforeAll(async () => {
  engine = await startQuietStore()
})
afterAll(() => stopQuietStore(engine))
beforeEach(() => {
  made += 1
})

const route = {
  method: 'POST',
  on: 'item',
  path: '/turn',
  power: 'write',
  summary: 'Turn a page',
} as const
const routes = { turn: route }

/** A declaration over the table of this test. */
function declared(fields: Fields, more: object = {}): Resource {
  const found = resource({ name: `pages${made}`, singular: 'page', fields, routes, ...more })
  checkResource(found)
  return found
}

/** Calls it with a handler for its route. */
function turning(of: Resource, turn: (page: never) => unknown = () => ({}), more: object = {}) {
  const call = client(of, { routes: { turn }, ...more })
  return { call, turn: (id: string) => call('POST', { id, route: '/turn' }) }
}

const pointers = ({ body }: { body: { errors?: { pointer: string }[] } }) =>
  body.errors?.map(({ pointer }) => pointer)

describe('what a route of one’s own makes', () => {
  const counted = (more: object = {}) => declared({ count: integer(0, 2), at: line(1, 9) }, more)
  const next = ({ count }: { count: number }) => ({ count: count + 1 })

  test('is written where it fits, and never where it does not: 500', async () => {
    const pages = counted()
    await createTable(engine, pages)
    const { call, turn } = turning(pages, next)
    const { id } = (await call('POST', { body: { count: 1, at: 'x' } })).body
    expect((await turn(id)).body).toMatchObject({ count: 2, at: 'x' })
    const before = await readStored(pages, { id })
    const { status, body } = await turn(id)
    expect([status, body.code]).toEqual([500, 'internal_error'])
    expect(await readStored(pages, { id })).toEqual(before)
    expect((await call('PATCH', { id, body: { at: 'y' } })).status).toBe(200)
  })

  test.each(['is missing', 'is unknown within', 'is another kind'])(
    'what %s is not written either: 500',
    async (title) => {
      const readOnly = { last: object({ at: line(1, 9) }).optional() }
      const pages = declared({ title: line(1, 40) }, { readOnly })
      await createTable(engine, pages)
      const { call, turn } = turning(pages, ({ title }: { title: string }) => {
        if (title === 'is missing') return { title: undefined }
        return { last: title === 'is another kind' ? 1 : { at: 'x', bogus: 1 } }
      })
      const { id } = (await call('POST', { body: { title } })).body
      expect((await turn(id)).status).toBe(500)
      expect((await call('GET', { id })).body).toMatchObject({ title })
      expect((await call('GET', { id })).body).not.toHaveProperty('last')
    },
  )

  test.each([
    ['alone', {}],
    ['with computed fields', { readOnly: { up: text(9) }, compute: upper }],
  ])('of an item that does not fit since bounds were tightened, %s: 422', async (_, more) => {
    const older = { ...more, ...('compute' in more && { compute: () => ({ up: 'X' }) }) }
    const loose = declared({ title: line(1, 9), count: integer(0, 9) }, older)
    await createTable(engine, loose)
    const body = { title: 'abcdef', count: 0 }
    const { id } = (await client(loose, { routes: { turn: next } })('POST', { body })).body
    const tight = declared({ title: line(1, 3), count: integer(0, 9) }, more)
    for (const beside of [{}, { beforeWrite: (page: object) => page }]) {
      const { call, turn } = turning(tight, next, beside)
      const refused = await turn(id)
      expect([refused.status, pointers(refused)]).toEqual([422, ['/title']])
      expect((await call('GET', { id })).body).toMatchObject(body)
    }
    // A route may fix it, and so may a PATCH.
    const mending = turning(tight, ({ title }: { title: string }) => ({ title: title.slice(0, 3) }))
    expect((await mending.turn(id)).body).toMatchObject({ title: 'abc' })
  })

  function upper({ title }: { title: string }) {
    if (title.length > 3) throw new Error('longer than it can be')
    return { up: title.toUpperCase() }
  }

  test('what is computed and does not fit is nobody else’s to fix: 500', async () => {
    const plain = declared({ title: line(1, 9) })
    await createTable(engine, plain)
    const { id } = (await turning(plain).call('POST', { body: { title: 'abcdef' } })).body
    const compute = ({ title }: { title: string }) => ({ up: title.toUpperCase() })
    const { call, turn } = turning(
      declared({ title: line(1, 9) }, { readOnly: { up: text(3) }, compute }),
    )
    for (const answer of [await turn(id), await call('PATCH', { id, body: { title: 'bcdef' } })])
      expect(answer.status).toBe(500)
  })
})

test.each(['GET', 'POST'] as const)(
  'what a route of one’s own answers may be the item, as clients see it: %s',
  async (method) => {
    const answer = () => z.strictObject({ page: pages.item() })
    const pages: Resource = declared(
      { title: line(1, 9) },
      { routes: { turn: { ...route, method, answer } } },
    )
    await createTable(engine, pages)
    const call = client(pages, { routes: { turn: (page: object) => ({ page }) } })
    const { body } = await call('POST', { body: { title: 'a' } })
    const answered = await call(method, { id: body.id, route: '/turn' })
    expect([answered.status, answered.body]).toEqual([200, { page: body }])
  },
)

describe('what a route of one’s own refers to', () => {
  const id = '01890000-0000-7000-8000-000000000001'
  const reader = { userId: id, scope: '' }

  /** Pages that refer to shelves, of which the caller has one; somebody else has the other. */
  async function shelved() {
    const shelves = resource({
      ...{ name: `shelves${made}`, singular: 'shelf', owner: 'private' },
      fields: { title: line(1, 9) },
    })
    const pages = declared({
      ...{ title: line(1, 9), on: ref(shelves).optional() },
      also: ref(shelves).array().max(3).optional(),
    })
    for (const one of [shelves, pages]) await createTable(engine, one)
    const time = '2026-01-01T00:00:00.000Z'
    const [mine = '', theirs = ''] = await Promise.all(
      [id, id.replace(/1$/, '2')].map(async (userId) => {
        const key = randomUUIDv7()
        const item = { id: key, userId, title: 'a', createdAt: time, updatedAt: time }
        await createItem(shelves, newItem(shelves, item, key))
        return key
      }),
    )
    const scope = [shelves, pages].map(({ name }) => `${name}:read ${name}:write`).join(' ')
    const as = (turn: (page: { on?: string }) => unknown) =>
      client(pages, { routes: { turn } }, { ...reader, scope })
    const page = (await as(() => ({}))('POST', { body: { title: 'a', on: mine } })).body.id
    return { pages, shelves, mine, theirs, page, as }
  }

  test('must be there, and be the caller’s to read: 422', async () => {
    const { pages, mine, theirs, page, as } = await shelved()
    const nobody = randomUUIDv7()
    const before = await readStored(pages, { id: page })
    const call = as(() => ({ on: theirs, also: [mine, nobody] }))
    const refused = await call('POST', { id: page, route: '/turn' })
    expect([refused.status, pointers(refused)]).toEqual([422, ['/on', '/also/1']])
    expect(await readStored(pages, { id: page })).toEqual(before)
    const taken = await as(() => ({ also: [mine] }))('POST', { id: page, route: '/turn' })
    expect([taken.status, taken.body.also]).toEqual([200, [mine]])
  })

  test('stays as it is where it is not set anew, whether or not it is there still', async () => {
    const { pages, shelves, mine, page, as } = await shelved()
    await deleteItem(shelves, { userId: id, id: mine }, undefined)
    const call = as((item) => ({ ...item, title: 'b' }))
    const { status, body } = await call('POST', { id: page, route: '/turn' })
    expect([status, body.title, body.on]).toEqual([200, 'b', mine])
    for (const changes of [{ on: undefined }, undefined, null])
      expect((await as(() => changes)('POST', { id: page, route: '/turn' })).status).toBe(200)
    expect(await readStored(pages, { id: page })).not.toHaveProperty('on')
  })

  test('is looked for only where it can be a reference at all: 500', async () => {
    const { page, as } = await shelved()
    for (const on of ['', 1, '~x', 'x'.repeat(5000)])
      expect((await as(() => ({ on }))('POST', { id: page, route: '/turn' })).status).toBe(500)
  })
})

describe('a default of a read-only field', () => {
  const readOnly = { views: integer(0, 999).default(0) }
  const fields = { title: line(1, 9) }
  const view = ({ views }: { views: number }) => ({ views: views + 1 })

  test('is stored and answered, and what own code counts from', async () => {
    const pages = declared(fields, { readOnly })
    await createTable(engine, pages)
    const { call, turn } = turning(pages, view)
    const created = (await call('POST', { body: { title: 'a' } })).body
    expect(created).toMatchObject({ views: 0 })
    const { id } = created
    expect(await readStored(pages, { id })).toMatchObject({ views: 0 })
    expect((await turn(id)).body).toMatchObject({ views: 1 })
    expect((await call('PUT', { id, body: { title: 'b' } })).body).toMatchObject({ views: 1 })
    expect((await call('PATCH', { id, body: { title: 'c' } })).body).toMatchObject({ views: 1 })
  })

  test('answers older items; what is computed comes before it', async () => {
    const older = declared(fields)
    await createTable(engine, older)
    const { id } = (await turning(older).call('POST', { body: { title: 'a' } })).body
    const { call, turn } = turning(declared(fields, { readOnly }), view)
    expect((await call('GET', { id })).body).toMatchObject({ views: 0 })
    expect((await call('GET')).body.items).toEqual([expect.objectContaining({ views: 0 })])
    const more = {
      readOnly: { ...readOnly, up: choice('A', '?').default('?') },
      compute: ({ title }: { title: string }) => ({ up: title.toUpperCase() }),
    }
    expect((await turning(declared(fields, more)).call('GET', { id })).body).toMatchObject({
      views: 0,
      up: 'A',
    })
    expect((await turn(id)).body).toMatchObject({ views: 1 })
  })
})

describe('a repeated create', () => {
  const headers = { 'Idempotency-Key': 'one' }
  const fields = { title: line(1, 9) }
  const body = { title: 'a' }

  test.each([
    ['refuses', () => Promise.reject(new Problem('forbidden'))],
    ['fails', () => Promise.reject(new Error('not today'))],
    ['makes what does not fit', () => ({ title: '' })],
  ])('gets its first answer although a hook %s by now', async (_, beforeWrite) => {
    const pages = declared(fields)
    await createTable(engine, pages)
    const first = await turning(pages).call('POST', { body, headers })
    const { call } = turning(pages, undefined, { beforeWrite })
    const again = await call('POST', { body, headers })
    expect([again.status, again.text]).toEqual([201, first.text])
    const other = await call('POST', { body: { title: 'b' }, headers })
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    // What was never made is refused, with a key or without.
    for (const fresh of [{}, { 'Idempotency-Key': 'two' }])
      expect((await call('POST', { body, headers: fresh })).status).toBeOneOf([403, 500])
    expect((await call('GET')).body.items).toEqual([first.body])
  })

  test('gets its first answer although what is computed does not fit by now', async () => {
    const readOnly = { up: text(9) }
    const older = declared(fields, { readOnly, compute: () => ({ up: 'A' }) })
    await createTable(engine, older)
    const first = await turning(older).call('POST', { body, headers })
    const pages = declared(fields, { readOnly, compute: () => ({ up: 'far too long' }) })
    const again = await turning(pages).call('POST', { body, headers })
    expect([again.status, again.text]).toEqual([201, first.text])
  })
})

describe('an item that was stored before its resource had owners', () => {
  const fields = { title: line(1, 9) }
  const more = { owner: 'readable', param: 'pageId' }
  const [owner, other] = [
    '01890000-0000-7000-8000-000000000001',
    '01890000-0000-7000-8000-000000000002',
  ]
  const readOnly = { up: text(9) }
  const compute = ({ title }: { title: string }) => ({ up: title.toUpperCase() })
  beforeAll(async () => {
    const users = resource({ name: 'users', singular: 'user', fields: {} })
    await createTable(engine, users)
    const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
    for (const id of [owner, other]) await createItem(users, newItem(users, { id, ...times }, id))
  })

  /** The item, and two people who call for it under the declaration of today. */
  async function stored(declaration: object, beside: object = {}) {
    const [before, now] = [declared(fields), declared(fields, declaration)]
    await createTable(engine, now)
    const first = await client(before, { routes: { turn } })('POST', { body: { title: 'a' } })
    const scope = `${now.name}:read ${now.name}:write`
    const sides = { routes: { turn }, ...beside }
    const member = client(now, sides, { userId: owner, scope })
    const admin = client(now, sides, { userId: other, scope: `${scope} ${now.name}:admin` })
    return { id: first.body.id as string, body: first.body, now, member, admin }
  }
  const turn = () => ({ title: 't' })

  test.each([
    ['alone', {}, {}],
    ['with computed fields', { readOnly, compute }, {}],
    ['with a hook', {}, { beforeWrite: (page: object) => page }],
  ])('is written by admins, %s, and has no owner then either', async (_, declaration, beside) => {
    const { id, admin, now } = await stored({ ...more, ...declaration }, beside)
    const answers = [
      await admin('PATCH', { id, body: { title: 'b' } }),
      await admin('PUT', { id, body: { title: 'c' } }),
      await admin('POST', { id, route: '/turn' }),
    ]
    expect(answers.map(({ status, body }) => [status, body.title])).toEqual([
      [200, 'b'],
      [200, 'c'],
      [200, 't'],
    ])
    const item = await readStored(now, { id })
    expect(item).toMatchObject({ title: 't' })
    expect(item).not.toHaveProperty('userId')
    expect((await admin('DELETE', { id })).status).toBe(204)
  })

  test('is seen by admins alone, and so is what lies under it', async () => {
    const { id, body, now, member, admin } = await stored(more)
    expect([(await admin('GET', { id })).body, (await admin('GET')).body.items]).toEqual([
      body,
      [body],
    ])
    expect((await member('GET')).body.items).toEqual([])
    const own = (await member('POST', { body: { title: 'mine' } })).body
    expect(own.userId).toBe(owner)
    expect((await member('GET')).body.items).toEqual([own])
    for (const [method, sent] of [
      ['GET', {}],
      ['PATCH', { body: { title: 'b' } }],
      ['DELETE', {}],
      ['POST', { route: '/turn' }],
    ] as const)
      expect([method, (await member(method, { id, ...sent })).status]).toEqual([method, 404])
    const under = declared(fields, { name: `${now.name}-notes`, parent: now })
    await createTable(engine, under)
    const lists = [owner, other].map((userId) => {
      const scope = `${under.name}:read ${userId === other ? `${now.name}:admin` : ''}`
      const call = client(under, { routes: { turn } }, { userId, scope })
      return call('GET', { params: { pageId: id } })
    })
    expect((await Promise.all(lists)).map(({ status }) => status)).toEqual([404, 200])
    expect(await readStored(now, { id })).toMatchObject({ title: 'a' })
  })

  test('is seen by everybody where everybody may read, and written by admins', async () => {
    const { id, body, member, admin } = await stored({ ...more, access: { public: ['read'] } })
    expect((await member('GET', { id })).body).toEqual(body)
    expect((await member('GET')).body.items).toEqual([body])
    const refused = await member('PATCH', { id, body: { title: 'b' } })
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
    expect((await admin('PATCH', { id, body: { title: 'b' } })).status).toBe(200)
  })
})
