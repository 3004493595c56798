import { describe, expect, test } from 'vitest'
import { type Person, useApi } from './harness.ts'
import { runScenarios, type Scenario } from './scenarios.ts'
import { student } from './student.ts'

const students = '/api/v1/students'
const nobody = '01890000-0000-7000-8000-000000000000'

const api = useApi()

function run(list: readonly Scenario[]): void {
  runScenarios(api, list)
}

describe('PUT and PATCH', () => {
  const first = student()
  run([
    {
      name: 'a student',
      call: `POST ${students}`,
      as: 'member',
      body: first,
      status: 201,
      keep: { id: 'id', createdAt: 'createdAt', etag: 'ETag' },
    },
    {
      name: 'PUT passes over what is read-only, whatever it is',
      call: `PUT ${students}/{id}`,
      as: 'member',
      body: { ...first, age: 30, id: nobody, createdAt: 1, updatedAt: null },
      status: 200,
      holds: { age: 30 },
    },
    {
      name: 'PUT names every field',
      call: `PUT ${students}/{id}`,
      as: 'member',
      body: { name: 'Ada' },
      status: 422,
      faults: ['/email', '/rollNo', '/age'],
    },
    {
      name: 'PUT knows no other fields',
      call: `PUT ${students}/{id}`,
      as: 'member',
      body: { ...first, userId: nobody, _rev: 'x' },
      status: 422,
      faults: ['/userId', '/_rev'],
    },
    {
      name: 'PUT makes nothing',
      call: `PUT ${students}/${nobody}`,
      as: 'member',
      body: student(),
      status: 404,
    },
    {
      name: 'PATCH passes over what is read-only, whatever it is',
      call: `PATCH ${students}/{id}`,
      as: 'member',
      body: { age: 31, id: nobody, createdAt: 'x', updatedAt: null },
      status: 200,
      holds: { age: 31 },
    },
    {
      name: 'PATCH does not remove what is required',
      call: `PATCH ${students}/{id}`,
      as: 'member',
      body: { name: null, email: null, rollNo: null, age: null },
      status: 422,
      faults: ['/name', '/email', '/rollNo', '/age'],
    },
    {
      name: 'PATCH is no JSON Patch',
      call: `PATCH ${students}/{id}`,
      as: 'member',
      body: [{ op: 'replace', path: '/age', value: 31 }],
      headers: { 'Content-Type': 'application/json-patch+json' },
      status: 422,
      faults: [''],
    },
    {
      name: 'an empty PATCH of nothing is 404',
      call: `PATCH ${students}/${nobody}`,
      as: 'member',
      body: {},
      status: 404,
    },
  ])

  test('an item that was read may be put back as it is', async () => {
    const { admin, member } = api
    const places: [string, unknown, Person][] = [
      [students, student(), member],
      ['/api/v1/mountains', { name: 'k2', heightM: 8611 }, admin],
      ['/api/v1/subscribers', { name: 'Ada', email: 'ada@example.org' }, admin],
      [`/api/v1/users/${member.id}/posts`, { title: 'x', body: '' }, member],
    ]
    for (const [path, body, { token }] of places) {
      const made = await api.call(`POST ${path}`, { token, body })
      const item = made.headers.get('location')
      const put = await api.call(`PUT ${item}`, { token, body: made.body })
      // A mountain has no id to repeat, and its times are read-only all the same.
      expect([put.status, { ...put.body, updatedAt: '' }]).toEqual([
        200,
        { ...made.body, updatedAt: '' },
      ])
    }
  })

  test('an empty PATCH changes nothing, a PATCH changes updatedAt and the ETag', async () => {
    const { token } = api.member
    const made = await api.call(`POST ${students}`, { token, body: student() })
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
