import { beforeAll, describe, expect, test } from 'vitest'
import { useApi, usePerson } from './harness.ts'
import { pupil } from './pupil.ts'

const path = '/api/v1/pupils'

describe('lists and their cursors', () => {
  const api = useApi()
  const ada = usePerson(api)
  const bob = usePerson(api)
  let cursor: string
  beforeAll(async () => {
    for (let index = 0; index < 7; index++) {
      const body = pupil({ name: index % 2 ? 'odd' : 'even', rollNo: String(index % 3) })
      await api.call(`POST ${path}`, { token: ada.token, body })
      const memo = { title: String(index), body: '' }
      await api.call(`POST /api/v1/users/${ada.id}/memos`, { token: ada.token, body: memo })
    }
    cursor = (await list('limit=2')).body.nextCursor
  })

  function list(query: string, who = ada, at = path) {
    return api.call(`GET ${at}?${query}`, { token: who.token })
  }

  /** All items, page by page along the Link headers. */
  async function walk(first: string): Promise<{ id: string; name: string; rollNo: string }[]> {
    const items = []
    for (let next: string | undefined = first; next; ) {
      const page = await api.call(`GET ${next}`, { token: ada.token })
      expect(page.status, page.text).toBe(200)
      items.push(...page.body.items)
      const link = page.headers.get('link')
      next = /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1]
      expect(next === undefined).toBe(page.body.nextCursor === null)
      if (next)
        expect(new URLSearchParams(next.split('?')[1]).get('cursor')).toBe(page.body.nextCursor)
    }
    return items
  }

  test('Link leads from page to page to the end, newest first', async () => {
    const all = (await list('limit=100')).body.items
    expect(all).toHaveLength(7)
    const ids = all.map(({ id }: { id: string }) => id)
    expect(ids).toEqual([...ids].sort().reverse())
    for (const limit of [1, 2, 3, 6, 7, 8])
      expect(await walk(`${path}?limit=${limit}`), String(limit)).toEqual(all)
  })

  test('Link keeps filters and limit', async () => {
    const all = (await list('limit=100')).body.items as { name: string; rollNo: string }[]
    const even = all.filter(({ name }) => name === 'even')
    expect(await walk(`${path}?limit=1&name=even`)).toEqual(even)
    const both = even.filter(({ rollNo }) => rollNo === '0')
    expect(await walk(`${path}?limit=1&name=even&rollNo=0`)).toEqual(both)
    expect((await list('name=EVEN')).body.items).toEqual([])
  })

  test('memos are listed in the same way', async () => {
    const at = `/api/v1/users/${ada.id}/memos`
    const titles = (await walk(`${at}?limit=3`)).map((memo) => (memo as { title?: string }).title)
    expect(titles).toEqual(['6', '5', '4', '3', '2', '1', '0'])
  })

  test('a page is 25 items where nothing else is said', async () => {
    for (let index = 0; index < 20; index++)
      await api.call(`POST ${path}`, { token: ada.token, body: pupil() })
    const page = await list('')
    expect(page.body.items).toHaveLength(25)
    expect(page.body.nextCursor).toEqual(expect.any(String))
  })

  test('a cursor goes on where its page ended, whatever came since', async () => {
    const rest = (await list(`limit=2&cursor=${cursor}`)).body.items
    await api.call(`POST ${path}`, { token: ada.token, body: pupil() })
    expect((await list(`limit=2&cursor=${cursor}`)).body.items).toEqual(rest)
    expect((await list(`limit=1&cursor=${cursor}`)).body.items).toEqual(rest.slice(0, 1))
  })

  test('a cursor that was altered is refused, whatever was altered', async () => {
    const altered = [
      ...Array.from(
        cursor,
        (char, at) => `${cursor.slice(0, at)}${char === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`,
      ),
      cursor.slice(1),
      cursor.slice(0, -1),
      `${cursor}A`,
      `${cursor}=`,
      `${cursor}%0a`,
      `${cursor}.`,
      Buffer.from(cursor, 'base64url').toString('base64').replaceAll('+', '%2B').concat('%3D'),
      Buffer.from(cursor, 'base64url').subarray(16).toString('base64url'),
      cursor.toUpperCase(),
      Buffer.from('{"id":{"S":"x"}}').toString('base64url'),
    ]
    for (const wrong of altered) {
      const answer = await list(`limit=2&cursor=${wrong}`)
      expect([answer.status, answer.body.code], wrong).toEqual([400, 'bad_request'])
    }
  })

  test('a cursor of another list, filter or caller is refused', async () => {
    const filtered = (await list('limit=1&name=even')).body.nextCursor
    const memos = `/api/v1/users/${ada.id}/memos`
    const memo = (await list('limit=1', ada, memos)).body.nextCursor
    const refused = [
      await list(`cursor=${cursor}`, bob),
      await list(`cursor=${cursor}&name=even`),
      await list(`cursor=${filtered}`),
      await list(`cursor=${filtered}&name=odd`),
      await list(`cursor=${filtered}&name=even&rollNo=0`),
      await list(`cursor=${cursor}`, ada, memos),
      await list(`cursor=${memo}`),
      await list(`cursor=${memo}`, ada, `/api/v1/users/${bob.id}/memos`),
      await list(`cursor=${cursor}`, api.admin, '/api/v1/users'),
    ]
    for (const answer of refused)
      expect([answer.status, answer.body.code]).toEqual([400, 'bad_request'])
  })

  test('a cursor tells nothing but a place, and is good in every session of the caller', async () => {
    const elsewhere = await api.signIn(ada.username, ada.password)
    expect((await list(`limit=2&cursor=${cursor}`, elsewhere)).status).toBe(200)
    const place = Buffer.from(cursor, 'base64url').subarray(16).toString()
    expect(place).toMatch(/^[0-9a-f-]{36}$/)
  })
})
