import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import { root } from '../../infra/bundle.ts'
import { times } from '../auth/support.ts'
import { memos } from '../fixtures/resources/memos.ts'
import { pupils } from '../fixtures/resources/pupils.ts'
import { dump, physicalName, violations } from '../invariants.ts'
import { idAt, seed } from '../seed.ts'
import { type Answer, useApi, usePerson } from './harness.ts'
import { pupil } from './pupil.ts'

const path = '/api/v1/pupils'
const few = 100
const many = 10_000
const began = Date.now() - many * 1000

describe(`lists of ${few} and of ${many} items`, () => {
  const api = useApi({ direct: false })
  const ada = usePerson(api)
  const units = { few: new Map<string, number>(), many: new Map<string, number>() }
  beforeAll(async () => {
    await fill(0, few)
    await measure(units.few)
    await fill(few, many)
    await measure(units.many)
  })

  function place(resource: Resource) {
    const { dynamodbEndpoint: endpoint, model } = api.runner
    return { endpoint, table: physicalName(model, resource.name) }
  }

  async function fill(from: number, to: number): Promise<void> {
    const made = times(to - from, (at) => {
      const id = idAt(began + (from + at) * 1000)
      const createdAt = new Date(began).toISOString()
      const common = { id, createdAt, updatedAt: createdAt }
      const name = at % 2 ? 'odd' : 'even'
      const fields = { name, email: `${id}@example.org`, rollNo: `${at % 7}`, age: 20 }
      return [
        { ...common, ...fields },
        { ...common, userId: ada.id, title: name, body: 'x'.repeat(80) },
      ] as const
    })
    await seed(
      place(pupils),
      pupils,
      made.map(([item]) => item),
    )
    await seed(
      place(memos),
      memos,
      made.map(([, item]) => item),
    )
  }

  /** Measures the capacity that the queries of a page of 25 consume, by list. */
  async function measure(measured: Map<string, number>): Promise<void> {
    const own = `/api/v1/users/${ada.id}/memos`
    for (const list of [path, `${path}?name=odd`, own]) {
      const first = await api.call(`GET ${list}`, { token: ada.token })
      const { nextCursor } = first.body
      expect(nextCursor).not.toBeNull()
      const next = `${list}${list.includes('?') ? '&' : '?'}cursor=${nextCursor}`
      for (const page of [list, next]) {
        api.runner.calls.reset()
        const { status } = await api.call(`GET ${page}`, { token: ada.token })
        expect(status).toBe(200)
        expect(consumed()).toBeGreaterThan(0)
        measured.set(page.replace(/cursor=.*/, 'cursor'), consumed())
      }
    }
  }

  /** The capacity that the queries since the last reset consumed. */
  function consumed(): number {
    const queries = api.runner
      .calls()
      .filter(({ operation, function: by }) => operation === 'Query' && /pupils|memos/.test(by))
    return queries.reduce((sum, { capacityUnits }) => sum + capacityUnits, 0)
  }

  test('a page costs as much in the one as in the other', () => {
    expect(units.many).toEqual(units.few)
  })

  test.each([
    ['some', 1, 25, 'string'],
    ['no', 9, 0, 'object'],
  ])(
    'a page of two filters that %s item passes costs no more than 500 items',
    async (_, rollNo, count, next) => {
      api.runner.calls.reset()
      const list = `${path}?name=odd&rollNo=${rollNo}`
      const { body } = await api.call(`GET ${list}`, { token: ada.token })
      expect([body.items.length, typeof body.nextCursor]).toEqual([count, next])
      expect(consumed()).toBeLessThanOrEqual(30)
    },
  )

  /** The ids of a list, page by page, while something else happens at each page. */
  async function walk(limit: number, pages: number, meanwhile: (page: number) => Promise<Answer>) {
    const found: string[] = []
    let next: string | undefined = `${path}?limit=${limit}`
    for (let at = 0; next && at < pages; at++) {
      const other = meanwhile(at)
      const page: Answer = await api.call(`GET ${next}`, { token: ada.token })
      expect([page.status, (await other).status < 300]).toEqual([200, true])
      found.push(...page.body.items.map(({ id }: { id: string }) => id))
      next = /^<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1]
    }
    return found
  }

  test('are walked without a gap or a repetition while items are inserted', async () => {
    const found = await walk(100, many, () =>
      api.call(`POST ${path}`, { token: ada.token, body: pupil() }),
    )
    expect(found).toEqual([...new Set(found)].sort().reverse())
    const seeded = new Set(times(many, (at) => idAt(began + at * 1000)))
    expect(found.filter((id) => seeded.has(id))).toHaveLength(many)
    expect(violations(await dump(api.runner))).toEqual([])
  })

  test('are walked without a gap among the items that stay while others are deleted', async () => {
    const doomed = times(20, (at) => idAt(began + (many - 50 * at - 25) * 1000))
    const found = await walk(50, 20, (page) =>
      api.call(`DELETE ${path}/${doomed[page]}`, { token: ada.token }),
    )
    const kept = new Set(found)
    const stay = times(850, (at) => idAt(began + (many - 1 - at) * 1000))
    expect(stay.filter((id) => !kept.has(id) && !doomed.includes(id))).toEqual([])
  })

  test('are answered in part where all of a page would be more than Lambda can answer', async () => {
    const eve = await api.signUp()
    const createdAt = new Date().toISOString()
    const body = '\u0001'.repeat(17_000)
    const common = { userId: eve.id, title: 'x', body, createdAt, updatedAt: createdAt }
    const made = times(100, (at) => ({ ...common, id: idAt(began, at) }))
    await seed(place(memos), memos, made)
    let found = 0
    let next: string | undefined = `/api/v1/users/${eve.id}/memos?limit=100`
    while (next) {
      const page: Answer = await api.call(`GET ${next}`, { token: eve.token })
      expect(page.status).toBe(200)
      found += page.body.items.length
      next = /^<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1]
    }
    expect(found).toBe(100)
  })

  test('no function scans a table, and none may', () => {
    const files = globSync('functions/**/*.ts', { cwd: root })
    expect(files.length).toBeGreaterThan(100)
    for (const file of files) {
      const source = readFileSync(join(root, file), 'utf8')
      expect(source, file).not.toMatch(/\bScan(Command)?\b|paginateScan/)
    }
    for (const { statements, tag } of api.runner.model.functions)
      for (const { Action } of statements)
        for (const action of [Action ?? []].flat())
          expect(`${tag} ${action}`).not.toMatch(/dynamodb:(Scan|PartiQL|.*\*)|^\S+ \*$/)
  })
})
