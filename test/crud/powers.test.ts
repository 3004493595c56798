import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import { line, ref } from '../../functions/model/fields.ts'
import { anyResource, resource } from '../../functions/model/resource.ts'
import { createItem, deleteItem, newItem } from '../../functions/store/items.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { createTable } from '../store/engine.ts'
import { client, startQuietStore, stopQuietStore } from './client.ts'

/** Which scope decides where a declaration moves powers, or where items lie under others'. */
const [owner, other] = [
  '01890000-0000-7000-8000-000000000001',
  '01890000-0000-7000-8000-000000000002',
]
const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
const users = anyResource(resource({ name: 'users', singular: 'user', fields: {} }))

let engine: Engine
beforeAll(async () => {
  engine = await startQuietStore()
  await createTable(engine, users)
  for (const id of [owner, other]) await createItem(users, newItem(users, { id, ...times }, id))
})
afterAll(() => stopQuietStore(engine))

const fields = { title: line(1, 9) }
const as = (of: Resource, userId: string, ...scopes: string[]) =>
  client(of, {}, { userId, scope: scopes.join(' ') })

describe('what lies under somebody’s private item', () => {
  const folders = resource({
    ...{ name: 'folders', singular: 'folder', param: 'folderId', owner: 'private' },
    fields,
  })
  const sheets = anyResource(
    resource({ name: 'sheets', singular: 'sheet', parent: folders, fields }),
  )
  let params: { folderId: string }
  let id: string
  beforeAll(async () => {
    for (const one of [anyResource(folders), sheets]) await createTable(engine, one)
    const call = as(anyResource(folders), owner, 'folders:read', 'folders:write')
    params = { folderId: (await call('POST', { body: { title: 'a' } })).body.id }
    const mine = as(sheets, owner, 'sheets:read', 'sheets:write')
    id = (await mine('POST', { params, body: { title: 'a' } })).body.id
  })

  /** What a caller gets who reads, changes and makes sheets in the owner's folder. */
  async function statuses(call: ReturnType<typeof as>) {
    const answers = [
      await call('GET', { params }),
      await call('GET', { params, id }),
      await call('PATCH', { params, id, body: { title: 'b' } }),
      await call('POST', { params, body: { title: 'c' } }),
    ]
    return answers.map(({ status }) => status)
  }

  test('is open to admins of what lies there', async () => {
    const all = ['sheets:read', 'sheets:write', 'sheets:admin']
    expect(await statuses(as(sheets, other, ...all))).toEqual([200, 200, 200, 201])
  })

  test('is closed to admins of the item alone', async () => {
    const all = ['folders:admin', 'sheets:read', 'sheets:write']
    expect(await statuses(as(sheets, other, ...all))).toEqual([404, 404, 404, 404])
  })
})

describe('an item that is read by another power', () => {
  const moved = (power: 'write' | 'admin') =>
    anyResource(
      resource({
        ...{ name: `cards-${power}`, singular: `${power}Card`, owner: 'readable', fields },
        powers: { list: power, read: power },
      }),
    )

  test.each([
    ['write', 403, 201],
    ['admin', 404, 422],
  ] as const)('%s, may be known of by those who have that', async (power, written, named) => {
    const cards = moved(power)
    const links = anyResource(
      resource({ name: `${power}-links`, singular: `${power}Link`, fields: { card: ref(cards) } }),
    )
    for (const one of [cards, links]) await createTable(engine, one)
    const scopes = ['read', 'write'].map((name) => `${cards.name}:${name}`)
    const { body } = await as(cards, owner, ...scopes)('POST', { body: { title: 'a' } })
    const member = as(cards, other, ...scopes)
    const answers = [
      await member('PATCH', { id: body.id, body: { title: 'b' } }),
      await member('PATCH', { id: randomUUIDv7(), body: { title: 'b' } }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([written, 404])
    const link = as(links, other, ...scopes, `${links.name}:write`)
    expect((await link('POST', { body: { card: body.id } })).status).toBe(named)
  })
})

describe('a caller who has been deleted since the token was checked', () => {
  test.each(['private', 'readable'] as const)('makes nothing: 401 (%s)', async (kind) => {
    const things = anyResource(
      resource({ name: `${kind}-things`, singular: `${kind}Thing`, owner: kind, fields }),
    )
    await createTable(engine, things)
    const id = randomUUIDv7()
    await createItem(users, newItem(users, { id, ...times }, id))
    const call = as(things, id, `${things.name}:read`, `${things.name}:write`)
    expect((await call('POST', { body: { title: 'a' } })).status).toBe(201)
    await deleteItem(users, { id }, undefined)
    const { status, body } = await call('POST', { body: { title: 'b' } })
    expect([status, body.code]).toEqual([401, 'unauthorized'])
  })
})
