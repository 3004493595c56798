import { describe, expect, test } from 'vitest'
import { unique, useApi } from './harness.ts'
import { pupil } from './pupil.ts'
import { runScenarios, type Scenario } from './scenarios.ts'

const pupils = '/api/v1/pupils'
const nobody = '01890000-0000-7000-8000-000000000000'

const api = useApi()

function run(list: readonly Scenario[]): void {
  runScenarios(api, list)
}

describe('paths', () => {
  const cannot = [
    'x',
    nobody.slice(1),
    nobody.toUpperCase().replace('7', 'A'),
    '%00',
    '~cursor-key',
  ]
    .concat(['..%2F..%2Fusers', '%F0%9F%92%A9', '-1', 'me', nobody.replace('-7', '-4')])
    .concat([`~unique~email~a@b.org`, 'x'.repeat(3000)])
  run([
    ...cannot.flatMap((id) =>
      ['GET', 'PUT', 'PATCH', 'DELETE'].map((method) => ({
        name: `${method} of what cannot be an id: ${id.slice(0, 20)}`,
        call: `${method} ${pupils}/${id}`,
        as: 'member' as const,
        ...(method === 'PUT' && { body: pupil() }),
        ...(method === 'PATCH' && { body: {} }),
        status: 404,
        code: 'not_found',
      })),
    ),
    ...['%zz', '%', '%ff', '%c0%af'].map((id) => ({
      name: `malformed percent-encoding: ${id}`,
      call: `GET ${pupils}/${id}`,
      as: 'member' as const,
      status: 400,
      code: 'bad_request',
    })),
    { name: 'have no slash at their end', call: `GET ${pupils}/`, as: 'member', status: 404 },
    { name: 'have their case', call: 'GET /api/v1/Pupils', as: 'member', status: 404 },
    { name: 'have no empty parts', call: 'GET /api//v1/pupils', as: 'member', status: 404 },
  ])

  test('are one, however they are percent-encoded', async () => {
    const { token, id } = api.member
    const encoded = `/api/v1/users/%${id.charCodeAt(0).toString(16)}${id.slice(1)}/memos`
    const body = { title: 'x', body: 'y' }
    const headers = { 'Idempotency-Key': unique() }
    const made = await api.call(`POST ${encoded}`, { token, body, headers })
    expect(made.headers.get('location')).toBe(`/api/v1/users/${id}/memos/${made.body.id}`)
    const again = await api.call(`POST /api/v1/users/${id}/memos`, { token, body, headers })
    expect(again.text).toBe(made.text)
  })
})

describe('queries', () => {
  const refused: [string, string[]][] = [
    ['limit=0', ['limit']],
    ['limit=101', ['limit']],
    ['limit=-1', ['limit']],
    ['limit=1.5', ['limit']],
    ['limit=', ['limit']],
    ['limit=ten', ['limit']],
    ['limit=1&limit=2', ['limit']],
    ['limit=1e1', ['limit']],
    ['limit=%31%00', ['limit']],
    ['limit=x&cursor=a&cursor=b&name=&bogus=1', ['limit', 'cursor', 'name', 'bogus']],
    ['__proto__=x', ['__proto__']],
    ['constructor=x', ['constructor']],
    ['Limit=1', ['Limit']],
    ['=x', ['']],
    ['token=abc', ['token']],
    ['name=a&name=b', ['name']],
    ['cursor=', ['the cursor']],
    ['cursor=x', ['the cursor']],
  ]
  test.each(refused)('%s', async (query, named) => {
    const answer = await api.call(`GET ${pupils}?${query}`, { token: api.member.token })
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request'])
    expect(answer.body.detail).toMatch(/^Query: /)
    // Each fault begins with the name; which parameters there are is told behind all of them.
    const told = answer.body.detail.replace('Query: ', '; ')
    for (const name of named) expect(told).toContain(`; ${name} `)
  })

  test('malformed percent-encoding is told', async () => {
    const answer = await api.call(`GET ${pupils}?name=%zz`, { token: api.member.token })
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request'])
  })

  test('1 and 100 are limits', async () => {
    for (const limit of [1, 100]) {
      const answer = await api.call(`GET ${pupils}?limit=${limit}`, { token: api.member.token })
      expect(answer.status).toBe(200)
      expect(answer.body.items.length).toBeLessThanOrEqual(limit)
    }
  })

  test('what only lists read is passed over elsewhere', async () => {
    const answer = await api.call('GET /api/v1/users/me?limit=0&x=1', { token: api.member.token })
    expect(answer.status).toBe(200)
  })
})
