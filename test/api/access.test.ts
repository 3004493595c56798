import { describe, expect, test } from 'vitest'
import { claimsOf, type Person, password, unique, useApi, usePerson } from './harness.ts'

const api = useApi()
const other = usePerson(api)
const nobody = '01890000-0000-7000-8000-000000000000'

async function make(path: string, body: object, person: Person = api.member) {
  const answer = await api.call(`POST /api/v1${path}`, { token: person.token, body })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

describe('what everybody may read', () => {
  test('has a tag to ask by and may be kept for a minute, lists too', async () => {
    const { id } = await make('/bulletins', { title: unique() }, api.admin)
    for (const path of ['/bulletins', `/bulletins/${id}`, `/bulletins/${id}/letters`]) {
      const { status, headers } = await api.call(`GET /api/v1${path}`)
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=60'])
      const tag = String(headers.get('etag'))
      const again = await api.call(`GET /api/v1${path}`, { headers: { 'If-None-Match': tag } })
      expect([again.status, again.text]).toEqual([304, ''])
      expect(again.headers.get('cache-control')).toBe('public, max-age=60')
    }
  })

  test('is not kept when it is not there, or written', async () => {
    const missing = await api.call(`GET /api/v1/bulletins/${nobody}`)
    expect([missing.status, missing.headers.get('cache-control')]).toEqual([
      404,
      'no-store, no-transform',
    ])
    const body = { title: unique() }
    const made = await api.call('POST /api/v1/bulletins', { token: api.admin.token, body })
    expect([made.status, made.headers.get('cache-control')]).toEqual([
      201,
      'no-store, no-transform',
    ])
  })

  test('is answered to HEAD without the body, and nothing else is', async () => {
    const { status, text, headers } = await api.call('HEAD /api/v1/bulletins')
    expect([status, text, headers.get('etag')]).toEqual([200, '', expect.any(String)])
    const token = api.member.token
    expect((await api.call('HEAD /api/v1/pupils', { token })).status).toBe(405)
  })

  test('has cursors that are good for everybody', async () => {
    for (const _ of [1, 2]) await make('/bulletins', { title: unique() }, api.admin)
    const { body } = await api.call('GET /api/v1/bulletins?limit=1', { token: api.member.token })
    const next = await api.call(`GET /api/v1/bulletins?limit=1&cursor=${body.nextCursor}`)
    expect(next.status).toBe(200)
  })
})

test('a role that has the power of an admin may be asked for each that it implies', async () => {
  const { id, username } = await api.signUp()
  const body = { role: 'editor' }
  await api.call(`PATCH /api/v1/users/${id}`, { token: api.admin.token, body })
  for (const scope of ['bulletins:read', 'bulletins:write', 'bulletins:admin']) {
    const { token } = await api.signIn(username, password, { scope })
    expect(claimsOf(token).scope).toBe(scope)
    const made = { token, body: { title: unique() } }
    const { status } = await api.call('POST /api/v1/bulletins', made)
    expect(status, scope).toBe(scope === 'bulletins:read' ? 403 : 201)
  }
})

describe('what is private', () => {
  test('is in the list of its owner alone, with values of the owner’s own', async () => {
    const title = unique()
    const mine = await make('/diaries', { title })
    expect(mine.userId).toBe(api.member.id)
    const theirs = await make('/diaries', { title }, other)
    const taken = await api.call('POST /api/v1/diaries', {
      token: api.member.token,
      body: { title },
    })
    expect([taken.status, taken.body.code]).toEqual([409, 'title_taken'])
    for (const query of ['', `?title=${title}`, '?kept=false']) {
      const { body } = await api.call(`GET /api/v1/diaries${query}`, { token: other.token })
      expect(body.items).toEqual([theirs])
    }
  })

  test('is read and changed by id by those who have the scope, and stays its owner’s', async () => {
    const mine = await make('/diaries', { title: unique() })
    const sent = { token: api.admin.token, body: { kept: true, userId: api.admin.id } }
    const changed = await api.call(`PATCH /api/v1/diaries/${mine.id.toUpperCase()}`, sent)
    expect([changed.status, changed.body.userId]).toEqual([200, api.member.id])
    const read = await api.call(`GET /api/v1/diaries/${mine.id}`, { token: api.member.token })
    expect(read.body.kept).toBe(true)
  })

  test('goes with its owner at once, and what lies under it too', async () => {
    const owner = await api.signUp()
    const diary = await make('/diaries', { title: unique() }, owner)
    const entry = await make(`/diaries/${diary.id}/entries`, { body: 'x' }, owner)
    const { token } = api.admin
    const paths = [`/diaries/${diary.id}`, `/diaries/${diary.id}/entries/${entry.id}`]
    for (const path of paths)
      expect((await api.call(`GET /api/v1${path}`, { token })).status).toBe(200)
    await api.call(`DELETE /api/v1/users/${owner.id}`, { token })
    for (const path of paths)
      expect((await api.call(`GET /api/v1${path}`, { token })).status, path).toBe(404)
  })
})

describe('what others may read', () => {
  test('is in everybody’s list until its owner is gone', async () => {
    const owner = await api.signUp()
    const board = await make('/boards', { title: unique() }, owner)
    const list = async () => {
      const { body } = await api.call('GET /api/v1/boards?limit=100', { token: other.token })
      return body.items.map(({ id }: { id: string }) => id)
    }
    expect(await list()).toContain(board.id)
    await api.call(`DELETE /api/v1/users/${owner.id}`, { token: api.admin.token })
    expect(await list()).not.toContain(board.id)
    const read = await api.call(`GET /api/v1/boards/${board.id}`, { token: other.token })
    expect(read.status).toBe(404)
  })
})

test('a field named as that of owners is a field where items have no owner', async () => {
  const bulletin = await make('/bulletins', { title: unique(), userId: 'somebody' }, api.admin)
  const path = `/bulletins/${bulletin.id}/remarks`
  const remark = await make(path, { body: 'so it is', aboutId: bulletin.id })
  const read = await api.call(`GET /api/v1${path}/${remark.id}`)
  expect([read.status, read.body]).toEqual([200, remark])
  const { token } = api.member
  const removed = await api.call(`DELETE /api/v1${path}/${remark.id}`, { token })
  expect(removed.status).toBe(204)
})

describe('a reference', () => {
  const faultsOf = async (body: object) => {
    const answer = await api.call('POST /api/v1/boards', { token: api.member.token, body })
    return answer.body.errors?.map(({ pointer }: { pointer: string }) => pointer)
  }

  test('names what is there and what the caller may read', async () => {
    const mine = await make('/diaries', { title: unique() })
    const theirs = await make('/diaries', { title: unique() }, other)
    const title = unique()
    expect(await faultsOf({ title, diaryId: mine.id.toUpperCase() })).toBeUndefined()
    expect(await faultsOf({ title, diaryId: theirs.id })).toEqual(['/diaryId'])
    expect(await faultsOf({ title, diaryId: nobody, pupilIds: [nobody] })).toEqual([
      '/diaryId',
      '/pupilIds/0',
    ])
  })

  test('is looked for when a change names it, and not otherwise', async () => {
    const diary = await make('/diaries', { title: unique() })
    const board = await make('/boards', { title: unique(), diaryId: diary.id })
    const { token } = api.member
    await api.call(`DELETE /api/v1/diaries/${diary.id}`, { token })
    const call = (body: object) => api.call(`PATCH /api/v1/boards/${board.id}`, { token, body })
    expect((await call({ title: unique() })).status).toBe(200)
    expect((await call({ diaryId: diary.id })).status).toBe(422)
    expect((await call({ diaryId: null })).status).toBe(200)
  })

  test('of a create that is repeated may be gone: the first answer is given again', async () => {
    const diary = await make('/diaries', { title: unique() })
    const { token } = api.member
    const headers = { 'Idempotency-Key': unique() }
    const sent = { token, headers, body: { title: unique(), diaryId: diary.id } }
    const first = await api.call('POST /api/v1/boards', sent)
    await api.call(`DELETE /api/v1/diaries/${diary.id}`, { token })
    const again = await api.call('POST /api/v1/boards', sent)
    expect([again.status, again.text]).toEqual([201, first.text])
  })
})
