import { beforeAll, describe, expect, test } from 'vitest'
import { useApi } from './harness.ts'

const path = '/api/v1/pupils'

describe('lists by filters, ranges, prefixes and orders', () => {
  const api = useApi()
  /** Oldest first. */
  const pupils = [
    ['Ada', 20, 'r1'],
    ['ada', 36, 'r2'],
    ['Adele', 20, 'r1'],
    ['Bob', 18, 'r1'],
    ['Zo\u00eb', 50, 'r2'],
    ['\u{1f600}', 18, 'r2'],
  ] as const

  beforeAll(async () => {
    for (const [at, [name, age, rollNo]] of pupils.entries()) {
      const body = { name, age, rollNo, email: `${at}@example.org` }
      await api.call(`POST ${path}`, { token: api.member.token, body })
    }
  })

  function get(query: string, at = path, { token } = api.member) {
    return api.call(`GET ${at}?${query}`, { token })
  }

  async function names(query: string): Promise<string[]> {
    const { status, body, text } = await get(query)
    expect(status, text).toBe(200)
    return body.items.map(({ name }: { name: string }) => name)
  }

  test.each([
    ['sort=age', ['Bob', '\u{1f600}', 'Ada', 'Adele', 'ada', 'Zo\u00eb']],
    ['sort=-age', ['Zo\u00eb', 'ada', 'Adele', 'Ada', '\u{1f600}', 'Bob']],
    ['sort=name', ['Ada', 'Adele', 'Bob', 'Zo\u00eb', 'ada', '\u{1f600}']],
    ['sort=-name&limit=2', ['\u{1f600}', 'ada']],
    ['age=20', ['Adele', 'Ada']],
    ['age=20&sort=age', ['Ada', 'Adele']],
    ['age[gte]=20', ['Ada', 'Adele', 'ada', 'Zo\u00eb']],
    ['age%5Bgt%5D=20', ['ada', 'Zo\u00eb']],
    ['age[lte]=20&sort=-age', ['Adele', 'Ada', '\u{1f600}', 'Bob']],
    ['age[lt]=20', ['Bob', '\u{1f600}']],
    ['age[gt]=18&age[lt]=36', ['Ada', 'Adele']],
    ['age[gt]=36&age[lt]=20', []],
    ['age[gte]=0&age[lte]=1000', ['Bob', '\u{1f600}', 'Ada', 'Adele', 'ada', 'Zo\u00eb']],
    ['name[prefix]=Ad', ['Ada', 'Adele']],
    ['name[prefix]=Zoe\u0308', ['Zo\u00eb']],
    ['name=Zoe\u0308', ['Zo\u00eb']],
    ['name[gte]=Bob&name[lt]=a', ['Bob', 'Zo\u00eb']],
    ['name[prefix]=Ad&rollNo=r1&sort=-name', ['Adele', 'Ada']],
    ['rollNo=r1', ['Bob', 'Adele', 'Ada']],
    ['rollNo=r1&sort=age', ['Bob', 'Ada', 'Adele']],
    ['rollNo=r1&age=20', ['Adele', 'Ada']],
    ['email=9@EXAMPLE.org', []],
    ['email=1@EXAMPLE.org', ['ada']],
    ['email=1@example.org&age[lt]=36', []],
  ])('%s', async (query, expected) => {
    expect(await names(encodeURI(query).replaceAll('%25', '%'))).toEqual(expected)
  })

  test.each([
    ['sort=email', 'sort must be one of name, -name, age, -age'],
    ['sort=--age', 'sort must be one of'],
    ['sort=age&sort=age', 'sort occurs more than once'],
    ['age[gte]=1&age[gt]=2', 'age takes one lower bound'],
    ['age[lte]=1&age[lt]=2', 'age takes one upper bound'],
    ['age[gte]=1&age[gte]=2', 'age[gte] occurs more than once'],
    ['age[prefix]=1', 'age[prefix] is not a known parameter'],
    ['age[gte]=ten', 'age[gte] must be of type number'],
    ['age[gte]=1.5', 'age[gte] must be of type integer'],
    ['age[gte]=', 'age[gte] must be of type number'],
    ['age=ten', 'age must be of type number'],
    ['age=TRUE', 'age must be of type number'],
    ['age[gte]=False', 'age[gte] must be of type number'],
    ['age=20&age=20', 'age occurs more than once'],
    ['height=1&height=1', 'height is not a known parameter'],
    ['age[gte]=1&sort=name', 'name (exact, gte, gt, lte, lt, prefix, sort)'],
    ['age[gte]=1&sort=name', 'a range of age needs sort=age or sort=-age'],
    ['age[gte]=1&name[prefix]=A', 'cannot be combined with one of'],
    ['name[prefix]=A&name[lt]=B', 'is both its lower and its upper bound'],
    ['age=20&age[gte]=1', 'by its exact value and by a range'],
    ['rollNo[gte]=1', 'rollNo[gte] is not a known parameter'],
    ['limit=0', 'limit must be at least 1'],
    ['limit=101', 'limit must be at most 100'],
    ['height=1', 'height is not a known parameter'],
  ])('%s is refused, naming what there is', async (query, detail) => {
    const { status, body } = await get(query)
    expect([status, body.code]).toEqual([400, 'bad_request'])
    expect(body.detail).toContain(detail)
    expect(body.detail).toMatch(/(?:Known parameters|Available): .*age/)
  })

  test('pages go on in the order of what was asked, and nowhere else', async () => {
    const found: string[] = []
    let next: string | undefined = `${path}?sort=-age&age[gte]=18&limit=1`
    let cursor = ''
    while (next) {
      const page = await api.call(`GET ${next}`, { token: api.member.token })
      found.push(...page.body.items.map(({ name }: { name: string }) => name))
      cursor = page.body.nextCursor ?? cursor
      next = /^<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1]
    }
    expect(found).toEqual(await names('sort=-age'))
    for (const query of ['sort=-age', 'sort=age&age[gte]=18', 'sort=-age&age[gte]=17', ''])
      expect((await get(`${query}&cursor=${cursor}`)).status, query).toBe(400)
  })

  test('an order within a value lists the items that have it; the value alone lists all', async () => {
    const at = '/api/v1/summits'
    const { token } = api.admin
    const summits = [
      { name: 'blank', country: 'CH' },
      { name: 'dom', country: 'CH', heightM: 4545.4 },
      { name: 'eiger', country: 'CH', heightM: 3967 },
      { name: 'zugspitze', country: 'DE', heightM: 2962 },
    ]
    for (const body of summits) await api.call(`POST ${at}`, { token, body })
    const listed = async (query: string) =>
      (await get(query, at)).body.items?.map(({ name }: { name: string }) => name)
    expect(await listed('country=CH')).toEqual(['eiger', 'dom', 'blank'])
    expect(await listed('country=CH&sort=heightM')).toEqual(['eiger', 'dom'])
    expect(await listed('country=CH&heightM[gte]=4000')).toEqual(['dom'])
    expect(await listed('country=CH&heightM=3967')).toEqual(['eiger'])
    for (const query of ['sort=heightM', 'heightM[gte]=1', 'heightM=3967']) {
      const { status, body } = await get(query, at)
      expect([status, body.detail]).toEqual([
        400,
        expect.stringContaining('heightM within country'),
      ])
    }
  })
})
