import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { tableId } from '../../functions/config/environment.ts'
import type { Intercept } from '../../infra/local/aws/calls.ts'
import { scratch } from '../assembly.ts'
import { times } from '../auth/support.ts'
import { memos } from '../fixtures/resources/memos.ts'
import { dump, itemsOf, physicalName, violations } from '../invariants.ts'
import { idAt, seed } from '../seed.ts'
import { type Api, password, startApi, unique } from './harness.ts'
import { pupil } from './pupil.ts'

const all = ['credentials', 'sessions', 'throttle', 'keys', 'users', 'memos'].concat([
  'pupils',
  'summits',
  'patrons',
])
const day = 24 * 60 * 60 * 1000

let api: Api | undefined
afterEach(async () => {
  await api?.stop()
  api = undefined
})

/** Everything that is stored and names one of them, in whatever case. */
async function naming(of: Api, ...names: string[]): Promise<string[]> {
  const stored = Object.entries(await dump(of.runner, all))
  return stored
    .flatMap(([table, items]) => items.map((item) => `${table} ${JSON.stringify(item)}`))
    .filter((text) => names.some((name) => text.toLowerCase().includes(name.toLowerCase())))
}

function addMemos({ runner }: Api, userId: string, count: number): Promise<void> {
  const place = {
    endpoint: runner.dynamodbEndpoint,
    table: physicalName(runner.model, 'memos'),
  }
  const createdAt = new Date().toISOString()
  const common = { userId, title: 'x', body: 'y', createdAt, updatedAt: createdAt }
  return seed(
    place,
    memos,
    times(count, (at) => ({ ...common, id: idAt(Date.now(), at) })),
  )
}

async function memosOf({ runner }: Api, userId: string): Promise<number> {
  const found = itemsOf(memos, await dump(runner, ['memos']))
  return found.filter((memo) => memo.userId === userId).length
}

describe('deleting a user', () => {
  test('with 1,000 memos leaves nothing that names the user', async () => {
    const started = await startApi()
    api = started
    const eve = await api.signUp(unique('Eve.Adams'))
    const { token, id } = eve
    await addMemos(api, id, 1000)
    const memo = { title: 'x', body: '' }
    const made = { token, body: memo, headers: { 'Idempotency-Key': 'one' } }
    expect((await api.call(`POST /api/v1/users/${id}/memos`, made)).status).toBe(201)
    const byAdmin = { ...made, token: api.admin.token }
    expect((await api.call(`POST /api/v1/users/${id}/memos`, byAdmin)).status).toBe(201)
    const byMember = { token, body: pupil(), headers: { 'Idempotency-Key': 'two' } }
    expect((await api.call('POST /api/v1/pupils', byMember)).status).toBe(201)
    await api.signIn(eve.username, password)
    const wrong = { username: eve.username, password: 'not the password' }
    expect((await api.call('POST /api/v1/auth/login', { body: wrong })).status).toBe(401)
    await api.call('POST /api/v1/auth/refresh', { body: { refresh_token: eve.refreshToken } })
    const others = (await naming(api, api.admin.id)).length
    expect((await naming(api, id, eve.username)).length).toBeGreaterThan(1000)

    expect((await api.call('DELETE /api/v1/users/me', { token })).status).toBe(204)
    await expect.poll(() => naming(started, id, eve.username)).toEqual([])
    expect((await naming(api, api.admin.id)).length).toBe(others)
    expect(violations(await dump(api.runner))).toEqual([])
  })

  test('whom an admin created with an Idempotency-Key leaves that answer, for its day', async () => {
    api = await startApi()
    const username = unique('Eve')
    const made = await api.call('POST /api/v1/users', {
      token: api.admin.token,
      body: { username, password },
      headers: { 'Idempotency-Key': 'one' },
    })
    await api.call(`DELETE /api/v1/users/${made.body.id}`, { token: api.admin.token })
    const [record, ...others] = await naming(api, made.body.id, username)
    expect(others).toEqual([])
    const { _expiresAt } = JSON.parse(record?.replace('users ', '') ?? '{}')
    expect(_expiresAt * 1000 - api.runner.clock.now()).toBeLessThanOrEqual(day)
  })

  test('the memos are gone at once, though the clean-up has not come to them', async () => {
    const stopped: Intercept = ({ function: by }) =>
      by === 'clean-up' ? { error: 'InternalServerError' } : undefined
    api = await startApi({ intercept: stopped })
    const { id, token } = await api.signUp()
    const reader = await api.signUp()
    const memos = `/api/v1/users/${id}/memos`
    const { body } = await api.call(`POST ${memos}`, { token, body: { title: 'x', body: '' } })
    expect((await api.call('DELETE /api/v1/users/me', { token })).status).toBe(204)
    expect(await memosOf(api, id)).toBe(1)
    for (const caller of [reader, api.admin])
      for (const [route, sent] of [
        [`GET ${memos}`, {}],
        [`GET ${memos}/${body.id}`, {}],
        [`PATCH ${memos}/${body.id}`, { body: { title: 'y' } }],
        [`PUT ${memos}/${body.id}`, { body: { title: 'y', body: '' } }],
        [`DELETE ${memos}/${body.id}`, {}],
      ] as const)
        expect((await api.call(route, { token: caller.token, ...sent })).status, route).toBe(404)
    expect(await memosOf(api, id)).toBe(1)
  })

  test('half-way when all is killed, is finished after a restart', async () => {
    const dataDir = join(scratch, 'half-way')
    let batches = 0
    const crash: Intercept = ({ function: by, operation }) => {
      if (by !== 'clean-up' || operation !== 'BatchWriteItem') return undefined
      batches += 1
      return batches > 5 ? { killFunction: batches % 2 ? 'before' : 'after' } : undefined
    }
    const first = await startApi({ dataDir, intercept: crash })
    api = first
    const eve = await first.signUp()
    const bob = await first.signUp()
    await addMemos(first, eve.id, 1000)
    await addMemos(first, bob.id, 10)
    await first.call('DELETE /api/v1/users/me', { token: eve.token })
    await expect.poll(() => batches).toBeGreaterThan(6)
    const left = await memosOf(first, eve.id)
    expect(left).toBeGreaterThan(700)
    expect(left).toBeLessThan(1000)
    await first.stop()

    const second = await startApi({ dataDir })
    api = second
    await expect.poll(() => naming(second, eve.id)).toEqual([])
    expect(await memosOf(second, bob.id)).toBe(10)
    expect(second.runner.deadLetters).toEqual([])
  })

  test('that fails for a day becomes a dead letter, and others do not wait for ever', async () => {
    let failing = ''
    let failures = 0
    const started = await startApi({
      intercept: ({ function: by, operation, request }) => {
        if (by !== 'clean-up' || operation !== 'Query' || !failing) return undefined
        if (!JSON.stringify(request).includes(failing)) return undefined
        failures += 1
        return { error: 'AccessDeniedException' }
      },
    })
    api = started
    const [eve, bob] = [await api.signUp(), await api.signUp()]
    failing = eve.id
    for (const { id } of [eve, bob]) {
      await addMemos(api, id, 10)
      await api.call(`DELETE /api/v1/users/${id}`, { token: api.admin.token })
    }
    await expect.poll(() => failures).toBeGreaterThan(1)
    expect(await memosOf(api, eve.id)).toBe(10)
    expect(api.runner.deadLetters).toEqual([])
    api.runner.clock.advance(day)
    await expect.poll(() => started.runner.deadLetters).toHaveLength(1)
    const [letter] = api.runner.deadLetters
    expect(letter?.message).toMatchObject({
      requestContext: { condition: 'RecordAgeExceeded' },
    })
    const told = api.logs.filter((line) => line.includes('clean-up failed'))
    expect(told.length).toBeGreaterThan(1)
    for (const line of told)
      expect(JSON.parse(line)).toMatchObject({ level: 'ERROR', keys: { id: { S: eve.id } } })
  })
})

describe('the clean-up', () => {
  test('names the first record that failed, and passes over what is no deleted user', async () => {
    const started = await startApi({
      intercept: ({ request }) =>
        JSON.stringify(request).includes('bad-user')
          ? { error: 'AccessDeniedException' }
          : undefined,
    })
    api = started
    const eve = await api.signUp()
    await addMemos(api, eve.id, 30)
    const record = (eventName: string, id: string) => ({
      eventName,
      eventSourceARN: `arn:aws:dynamodb:us-east-1:123456789012:table/${tableId('users')}/stream/1`,
      dynamodb: { Keys: { id: { S: id } }, SequenceNumber: `at ${id}` },
    })
    const clean = (...Records: object[]) => started.runner.invoke('clean-up', { Records })
    const none = { batchItemFailures: [] }
    const passed = ['INSERT', 'MODIFY'].map((name) => record(name, eve.id))
    expect(await clean(...passed, record('REMOVE', '~admins'))).toEqual(none)
    expect(await memosOf(api, eve.id)).toBe(30)
    const removed = record('REMOVE', eve.id)
    expect(await clean(removed, record('REMOVE', 'bad-user'), record('REMOVE', 'other'))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'at bad-user' }],
    })
    expect(await memosOf(api, eve.id)).toBe(0)
    expect(await clean(removed)).toEqual(none)
  })
})
