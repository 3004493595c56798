import { describe, expect, test } from 'vitest'
import { type Person, useApi } from './harness.ts'
import { pupil } from './pupil.ts'
import { runScenarios, type Scenario } from './scenarios.ts'

const pupils = '/api/v1/pupils'
const nobody = '01890000-0000-7000-8000-000000000000'

const api = useApi()

function run(list: readonly Scenario[]): void {
  runScenarios(api, list)
}

describe('PUT and PATCH', () => {
  const first = pupil()
  run([
    {
      name: 'a pupil',
      call: `POST ${pupils}`,
      as: 'member',
      body: first,
      status: 201,
      keep: { id: 'id', createdAt: 'createdAt', etag: 'ETag' },
    },
    {
      name: 'PUT passes over what is read-only, whatever it is',
      call: `PUT ${pupils}/{id}`,
      as: 'member',
      body: { ...first, age: 30, id: nobody, createdAt: 1, updatedAt: null },
      status: 200,
      holds: { age: 30 },
    },
    {
      name: 'PUT names every field',
      call: `PUT ${pupils}/{id}`,
      as: 'member',
      body: { name: 'Ada' },
      status: 422,
      faults: ['/email', '/rollNo', '/age'],
    },
    {
      name: 'PUT knows no other fields',
      call: `PUT ${pupils}/{id}`,
      as: 'member',
      body: { ...first, userId: nobody, _rev: 'x' },
      status: 422,
      faults: ['/userId', '/_rev'],
    },
    {
      name: 'PUT makes nothing',
      call: `PUT ${pupils}/${nobody}`,
      as: 'member',
      body: pupil(),
      status: 404,
    },
    {
      name: 'PATCH passes over what is read-only, whatever it is',
      call: `PATCH ${pupils}/{id}`,
      as: 'member',
      body: { age: 31, id: nobody, createdAt: 'x', updatedAt: null },
      status: 200,
      holds: { age: 31 },
    },
    {
      name: 'PATCH does not remove what is required',
      call: `PATCH ${pupils}/{id}`,
      as: 'member',
      body: { name: null, email: null, rollNo: null, age: null },
      status: 422,
      faults: ['/name', '/email', '/rollNo', '/age'],
    },
    {
      name: 'PATCH is no JSON Patch',
      call: `PATCH ${pupils}/{id}`,
      as: 'member',
      body: [{ op: 'replace', path: '/age', value: 31 }],
      headers: { 'Content-Type': 'application/json-patch+json' },
      status: 422,
      faults: [''],
    },
    {
      name: 'an empty PATCH of nothing is 404',
      call: `PATCH ${pupils}/${nobody}`,
      as: 'member',
      body: {},
      status: 404,
    },
  ])

  test('an item that was read may be put back as it is', async () => {
    const { admin, member } = api
    const places: [string, unknown, Person][] = [
      [pupils, pupil(), member],
      ['/api/v1/summits', { name: 'k2', heightM: 8611 }, admin],
      ['/api/v1/patrons', { name: 'Ada', email: 'ada@example.org' }, admin],
      [`/api/v1/users/${member.id}/memos`, { title: 'x', body: '' }, member],
    ]
    for (const [path, body, { token }] of places) {
      const made = await api.call(`POST ${path}`, { token, body })
      const item = made.headers.get('location')
      const put = await api.call(`PUT ${item}`, { token, body: made.body })
      // A summit has no id to repeat, and its times are read-only all the same.
      expect([put.status, { ...put.body, updatedAt: '' }]).toEqual([
        200,
        { ...made.body, updatedAt: '' },
      ])
    }
  })

  test('an empty PATCH changes nothing, a PATCH changes updatedAt and the ETag', async () => {
    const { token } = api.member
    const made = await api.call(`POST ${pupils}`, { token, body: pupil() })
    const item = made.headers.get('location')
    for (const body of [{}, { id: nobody, updatedAt: 'x' }]) {
      const empty = await api.call(`PATCH ${item}`, { token, body })
      expect([empty.text, empty.headers.get('etag')]).toEqual([made.text, made.headers.get('etag')])
    }
    api.runner.clock.advance(1000)
    const same = await api.call(`PATCH ${item}`, { token, body: { age: made.body.age } })
    expect({ ...same.body, updatedAt: '' }).toEqual({ ...made.body, updatedAt: '' })
    expect(same.body.updatedAt > made.body.updatedAt).toBe(true)
    expect(same.headers.get('etag')).not.toBe(made.headers.get('etag'))
  })
})
