import { beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import type { AwsCall } from '../../infra/local/aws/calls.ts'
import { type Invoke, reindex, reindexStatus } from '../../infra/reindex/reindex.ts'
import { inParallel, repetitions, times } from '../auth/support.ts'
import { pupils } from '../fixtures/resources/pupils.ts'
import { redeclared } from '../redeclared.ts'
import { idAt, seed } from '../seed.ts'
import { unique, useApi } from './harness.ts'

const count = repetitions(100_000, 200)
/** Items with one value of the field that lists can be filtered by from now on. */
const groupSize = repetitions(100, 20)
const clients = repetitions(50, 2)
const kills = repetitions(20, 4)
/** Items that an invocation is asked for. */
const step = repetitions(1000, 25)
const minutes = repetitions(20, 1)

const path = '/api/v1/pupils'
const groups = times(Math.ceil(count / groupSize), (group) => `group-${group}`)
const before = { ...pupils, indexes: pupils.indexes.filter(({ by }) => by !== 'rollNo') }

/** A filter is declared over many items: until all have it, no list that needs it answers. */
describe(`a filter that is added over ${count} items`, () => {
  /** The writes of the operator's function. */
  const writes: AwsCall[] = []
  let killAt = Number.POSITIVE_INFINITY
  // Clients do one round for each such part of the writes: else they would take all the time.
  const part = count / 25
  let round = Promise.withResolvers<void>()
  const nextRound = () => {
    round.resolve()
    round = Promise.withResolvers()
  }
  const api = useApi({
    intercept: (call) => {
      if (call.function !== 'admin' || call.operation !== 'PutItem') return undefined
      writes.push(call)
      if (writes.length % part === 0) nextRound()
      if (writes.length < killAt) return undefined
      killAt = Number.POSITIVE_INFINITY
      return { killFunction: writes.length % 2 === 0 ? 'before' : 'after' }
    },
  })
  const ids = times(count, (at) => idAt(1_700_000_000_000 + at))
  const call = (route: string, body?: object) =>
    api.call(route, { token: api.member.token, ...(body && { body }) })
  const pupil = () => ({ name: 'New', email: `${unique()}@new.org`, rollNo: 'new', age: 20 })

  beforeAll(async () => {
    const old = (source: string) => source.replace("{ by: 'rollNo' }, ", '')
    await api.runner.reload(await redeclared('pupils', old, ['pupils', 'admin']))
    const table =
      api.runner.model.tables.find(({ id }) => id.startsWith('Tablespupils'))?.name ?? ''
    const items = ids.map((id, at) => ({
      ...{ id, name: `Pupil ${at}`, email: `${at}@old.org`, rollNo: groups[at % groups.length] },
      ...{ age: 3 + (at % 100), createdAt: time, updatedAt: time },
    }))
    const target = { endpoint: api.runner.dynamodbEndpoint, table }
    await seed(target, before as unknown as Resource, items)
    // The code before the change has written and listed.
    const { body } = await call(`POST ${path}`, pupil())
    expect((await call(`GET ${path}?limit=1`)).body.items).toEqual([body])
    expect((await call(`DELETE ${path}/${body.id}`)).status).toBe(204)
    await api.runner.reload(inject('assembly'))
  }, minutes * 60_000)

  // Tokens are good for 15 minutes.
  beforeEach(async () => {
    Object.assign(api, { member: await api.signIn(api.member.username, api.member.password) })
  })

  async function walked(query: string): Promise<string[]> {
    const found: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const after: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
      // Not `call`, which would compare each of so many items with the document.
      const answer = await fetch(`${api.runner.origin}${path}?limit=100&${query}${after}`, {
        headers: { Authorization: `Bearer ${api.member.token}` },
      })
      expect(answer.status).toBe(200)
      const page = (await answer.json()) as { items: { id: string }[]; nextCursor: string | null }
      found.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    return found
  }

  test(
    'is refused until then, and no page of another list lacks an item',
    async () => {
      const needing = [
        'rollNo=group-1',
        'rollNo=group-1&sort=age',
        'rollNo=group-1&age[gte]=5&limit=1',
      ]
      for (const query of needing) {
        const { status, body, headers } = await call(`GET ${path}?${query}`)
        expect([status, body.code]).toEqual([503, 'index_building'])
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      }
      expect(await walked('')).toEqual([...ids].reverse())
      const oldest = (await walked('sort=-age&age[gte]=100')).length
      expect(oldest).toBe(ids.filter((_, at) => 3 + (at % 100) >= 100).length)
    },
    minutes * 60_000,
  )

  test(
    'is built though it is killed again and again, under clients who see nothing wrong',
    async () => {
      let isBuilt = false
      let lives = 0
      const live = async () => {
        while (!isBuilt) {
          const { promise } = round
          lives += 1
          await oneLife()
          await promise
        }
      }
      const living = Promise.allSettled(times(clients, live))
      const began = performance.now()
      try {
        for (let kill = 0; kill < kills; kill++) {
          const ofFunction = kill % 2 === 0
          const soon = Math.random() * Math.min(step, (count - writes.length) / 2)
          const pages = (Math.random() * (kill + 1) * count) / (kills + 1) / step
          if (ofFunction) killAt = writes.length + 1 + Math.floor(soon)
          const killed = ofFunction ? operator() : operator(Math.floor(pages))
          await expect(reindex(killed, 'pupils', {})).rejects.toThrow()
        }
        const done = await reindex(operator(), 'pupils', {})
        expect(done).toMatchObject({ left: 0, duplicates: [], unfit: [] })
      } finally {
        isBuilt = true
        nextRound()
        await living
      }
      for (const life of await living) if (life.status === 'rejected') throw life.reason
      const seconds = (performance.now() - began) / 1000
      const units = writes.reduce((sum, { capacityUnits }) => sum + capacityUnits, 0)
      console.info(
        `${count} items in ${seconds.toFixed(0)} s with ${kills} kills: ${writes.length} writes, ${units} units; ${lives} lives of ${clients} clients`,
      )
      expect(lives).toBeGreaterThan(clients)
      // Each write is a unit of the table, and one of each of its indexes.
      expect(writes.length).toBeLessThanOrEqual(count * 1.1 + lives)
      expect(units).toBeLessThanOrEqual(writes.length * (2 + pupils.indexes.length))
    },
    minutes * 60_000,
  )

  test(
    'finds everything then',
    async () => {
      const [status] = (await reindexStatus(operator())).filter(
        ({ resource }) => resource === 'pupils',
      )
      expect(status?.complete).toBe(true)
      expect(await reindex(operator(), 'pupils', { check: true })).toMatchObject({ behind: 0 })
      api.runner.clock.advance(61_000)
      const found = await inParallel(groups, 4, (group) => walked(`rollNo=${group}`))
      for (const [group, those] of found.entries())
        expect(those).toEqual(ids.filter((_, at) => at % groups.length === group).reverse())
      expect(await walked('')).toEqual([...ids].reverse())
    },
    minutes * 60_000,
  )

  /** The operator's side, which is killed after `pages` pages, and does not hear of the last. */
  function operator(pages = Number.POSITIVE_INFINITY): Invoke {
    let left = pages
    return async (command) => {
      const { limit } = command as { limit?: number }
      const sent = { ...command, ...(limit && { limit: Math.min(limit, step) }) }
      const answer = await api.runner.invoke('admin', sent)
      if (limit && left-- <= 0) throw new Error('killed')
      return answer
    }
  }

  /** A client makes an item, finds it, changes it and deletes it. */
  async function oneLife(): Promise<void> {
    const made = await call(`POST ${path}`, pupil())
    expect(made.status).toBe(201)
    const { id } = made.body
    const first = await call(`GET ${path}?limit=100`)
    expect(first.status, first.text).toBe(200)
    expect(first.body.items).toContainEqual(made.body)
    // An earlier item, which re-indexing may be about to write.
    const other = ids[Math.floor(Math.random() * count)]
    const age = 3 + Math.floor(Math.random() * 100)
    const changed = await call(`PATCH ${path}/${other}`, { age })
    expect([changed.status, changed.body.age]).toEqual([200, age])
    expect((await call(`GET ${path}/${other}`)).body.id).toBe(other)
    const renamed = await call(`PATCH ${path}/${id}`, { name: 'Renamed' })
    expect(renamed.body).toMatchObject({ id, name: 'Renamed' })
    const filtered = await call(`GET ${path}?rollNo=new`)
    // Complete or not at all.
    if (filtered.status === 200) expect(filtered.body.items).toContainEqual(renamed.body)
    else expect(filtered.body.code).toBe('index_building')
    expect((await call(`DELETE ${path}/${id}`)).status).toBe(204)
    expect((await call(`GET ${path}/${id}`)).status).toBe(404)
  }
})

const time = '2026-01-01T00:00:00.000Z'
