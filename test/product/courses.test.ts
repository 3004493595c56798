import { beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type Person, type Sent, unique, useApi } from '../api/harness.ts'

const courses = '/api/v1/courses'
const nobody = '01939f5e-7c00-7a3b-9f00-5d1c2b3a4e5f'

const api = useApi()
let editor: Person
beforeAll(async () => {
  const { id, username, password } = await api.signUp()
  const { token } = api.admin
  await api.call(`PATCH /api/v1/users/${id}`, { token, body: { role: 'editor' } })
  editor = await api.signIn(username, password)
})

const edit = (route: string, body?: object, sent: Sent = {}): Promise<Answer> =>
  api.call(route, { token: editor.token, body, ...sent })

async function course(more: object = {}) {
  const { status, text, body } = await edit(`POST ${courses}`, { title: unique('a '), ...more })
  expect(status, text).toBe(201)
  return body
}

describe('courses', () => {
  test('are drafts of the first level without tags, and have a slug made from the title', async () => {
    const made = await course({ title: `Über Öl & Wasser ${process.pid}` })
    expect(made).toMatchObject({ status: 'draft', level: 1, tags: [] })
    expect(made.slug).toMatch(/^[a-z0-9-]+$/)
    expect(made).not.toHaveProperty('fee')
    const moved = await edit(`PATCH ${courses}/${made.id}`, { title: 'Weft and Warp', slug: 'no' })
    expect(moved.body).toMatchObject({ title: 'Weft and Warp', slug: 'weft-and-warp' })
  })

  test('have titles of their own, as they are written', async () => {
    const { title } = await course()
    const again = await edit(`POST ${courses}`, { title })
    expect([again.status, again.body.code]).toEqual([409, 'title_taken'])
    await course({ title: title.toUpperCase() })
  })

  test('are read by everybody, whatever token is sent', async () => {
    const { id } = await course()
    for (const token of [undefined, 'no token', api.member.token]) {
      const { status, headers } = await api.call(`GET ${courses}/${id}`, { token })
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=60'])
      expect(headers.get('etag')).toMatch(/^"/)
    }
    const written = await api.call(`POST ${courses}`, {
      token: api.member.token,
      body: { title: 'x' },
    })
    expect([written.status, written.body.code]).toEqual([403, 'insufficient_scope'])
  })

  test('change only in what a PATCH names; null brings back what a course begins with', async () => {
    const fee = { amount: 12.5, currency: 'EUR', note: 'with tea' }
    const { id } = await course({ status: 'published', level: 3, fee, tags: ['a', 'b'] })
    const patched = await edit(`PATCH ${courses}/${id}`, { fee: { note: null } })
    expect(patched.body).toMatchObject({ status: 'published', level: 3, tags: ['a', 'b'] })
    expect(patched.body.fee).toEqual({ amount: 12.5, currency: 'EUR' })
    const reset = await edit(`PATCH ${courses}/${id}`, { status: null, tags: null, fee: null })
    expect(reset.body).toMatchObject({ status: 'draft', tags: [] })
    expect(reset.body).not.toHaveProperty('fee')
    const partial = await edit(`PATCH ${courses}/${id}`, { fee: { currency: 'EUR' } })
    expect(partial.body.errors).toEqual([{ pointer: '/fee/amount', detail: 'is required' }])
    const wrong = await edit(`PATCH ${courses}/${id}`, {
      title: null,
      startsOn: '2026-02-30',
      tags: ['\u200b'],
    })
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/startsOn',
      '/tags/0',
      '/title',
    ])
  })

  test('are listed by status, with range and order of the day they begin, and by level', async () => {
    const days = ['2031-03-01', '2031-01-01', '2031-02-01']
    for (const startsOn of days) await course({ status: 'published', startsOn, level: 5 })
    const listed = async (query: string, field: string) => {
      const { status, text, body } = await api.call(`GET ${courses}?${query}`)
      expect(status, text).toBe(200)
      return body.items.map((item: Record<string, unknown>) => item[field])
    }
    const range = 'status=published&startsOn[gte]=2031-01-15&startsOn[lte]=2031-12-31'
    expect(await listed(range, 'startsOn')).toEqual(['2031-02-01', '2031-03-01'])
    expect(await listed(`${range}&sort=-startsOn`, 'startsOn')).toEqual([
      '2031-03-01',
      '2031-02-01',
    ])
    expect(await listed('level=5', 'startsOn')).toEqual(days.toReversed())
    expect(await listed('sort=-level&limit=3', 'level')).toEqual([5, 5, 5])
    for (const query of ['sort=startsOn', 'startsOn[gte]=2031-01-01', 'slug=a', 'level=x'])
      expect([query, (await api.call(`GET ${courses}?${query}`)).status]).toEqual([query, 400])
  })
})

describe('lessons', () => {
  test('lie under a course, are read by everybody, and go with it', async () => {
    const { id } = await course()
    const under = `${courses}/${id}/lessons`
    const made = await edit(`POST ${under}`, { title: 'One', minutes: 45 })
    expect(made.body).toMatchObject({ courseId: id, title: 'One', minutes: 45 })
    const path = made.headers.get('location')
    expect((await api.call(`GET ${path}`)).body).toEqual(made.body)
    expect((await api.call(`GET ${under}`)).body.items).toEqual([made.body])
    for (const route of [`GET ${courses}/${nobody}/lessons`, `GET ${courses}/${nobody}`])
      expect((await api.call(route)).status).toBe(404)
    for (const studentId of [undefined, nobody]) {
      const body = { title: 'One', minutes: 45, studentId }
      expect((await edit(`POST ${courses}/${nobody}/lessons`, body)).status).toBe(404)
    }
    expect((await edit(`DELETE ${courses}/${id}`)).status).toBe(204)
    for (const gone of [path, under]) expect((await api.call(`GET ${gone}`)).status).toBe(404)
  })

  test('name a student who is there', async () => {
    const { id } = await course()
    const body = { title: 'One', minutes: 45, studentId: nobody }
    const { status, body: problem } = await edit(`POST ${courses}/${id}/lessons`, body)
    expect([status, problem.errors]).toEqual([
      422,
      [{ pointer: '/studentId', detail: 'is not the id of an existing student' }],
    ])
    const student = await edit('POST /api/v1/students', {
      ...{ name: 'Ada', email: `${unique()}@example.org`, rollNo: '1', age: 20 },
    })
    const made = await edit(`POST ${courses}/${id}/lessons`, {
      ...body,
      studentId: student.body.id.toUpperCase(),
    })
    expect([made.status, made.body.studentId]).toEqual([201, student.body.id])
  })
})
