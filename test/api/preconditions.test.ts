import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, useApi } from './harness.ts'
import { pupil } from './pupil.ts'

const path = '/api/v1/pupils'

describe('preconditions (RFC 9110 section 13)', () => {
  const api = useApi()
  let token: string
  let item: string
  let tag: string
  let old: string
  let body: ReturnType<typeof pupil>
  beforeAll(async () => {
    token = (await api.signUp()).token
  })

  beforeEach(async () => {
    body = pupil()
    const made = await api.call(`POST ${path}`, { token, body })
    item = made.headers.get('location') ?? ''
    old = made.headers.get('etag') ?? ''
    const changed = await api.call(`PATCH ${item}`, { token, body: { age: 21 } })
    tag = changed.headers.get('etag') ?? ''
  })

  function read(value: string): Promise<Answer> {
    return api.call(`GET ${item}`, { token, headers: { 'If-None-Match': value } })
  }

  function write(method: string, value: string): Promise<Answer> {
    const headers = { 'If-Match': value }
    const sent = { PUT: body, PATCH: { age: 22 }, DELETE: undefined }[method]
    return api.call(`${method} ${item}`, { token, headers, ...(sent && { body: sent }) })
  }

  test('every writing answer has the ETag that the next reading has', async () => {
    const one = await api.call(`GET ${item}`, { token })
    expect(one.headers.get('etag')).toBe(tag)
    expect(tag).toMatch(/^"[\x21\x23-\x7e]+"$/)
    expect(tag).not.toBe(old)
    const replaced = await write('PUT', tag)
    const again = await api.call(`GET ${item}`, { token })
    expect(again.headers.get('etag')).toBe(replaced.headers.get('etag'))
  })

  test('If-None-Match answers 304, with the ETag and no body, to who has the item', async () => {
    const values = [tag, `W/${tag}`, '*', `"x", ${tag}`, `${tag},"x"`, ` ${tag} `, `"a,b",${tag}`]
    for (const value of values) {
      const answer = await read(value)
      expect([answer.status, answer.text, answer.headers.get('etag')], value).toEqual([
        304,
        '',
        tag,
      ])
    }
  })

  test('If-None-Match answers the item to who has it not', async () => {
    for (const value of [old, '"x"', tag.slice(1, -1), '""', 'garbage', `${tag.slice(0, -1)}x"`]) {
      const answer = await read(value)
      expect([answer.status, answer.body.age], value).toEqual([200, 21])
    }
  })

  test('If-None-Match of what is not there is 404', async () => {
    await write('DELETE', '*')
    for (const value of [tag, '*']) expect((await read(value)).status).toBe(404)
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('If-Match lets %s through', async (method) => {
    const done = method === 'DELETE' ? 204 : 200
    for (const value of [`"x", ${tag}`, '*']) {
      const answer = await write(method, value)
      expect([answer.status, value]).toEqual([done, value])
      if (method === 'DELETE') return
    }
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('If-Match stops %s', async (method) => {
    for (const value of [
      old,
      `W/${tag}`,
      '"x"',
      '""',
      'garbage',
      tag.slice(1, -1),
      `${old}, "x"`,
    ]) {
      const answer = await write(method, value)
      expect([answer.status, answer.body?.code], value).toEqual([412, 'precondition_failed'])
    }
    const one = await api.call(`GET ${item}`, { token })
    expect([one.body.age, one.headers.get('etag')]).toEqual([21, tag])
  })

  test('If-Match stops an empty patch, and one that moves a unique value', async () => {
    for (const sent of [{}, { email: pupil().email }]) {
      const headers = { 'If-Match': old }
      const answer = await api.call(`PATCH ${item}`, { token, headers, body: sent })
      expect([answer.status, answer.body.code]).toEqual([412, 'precondition_failed'])
      const fresh = await api.call(`PATCH ${item}`, {
        token,
        headers: { 'If-Match': '*' },
        body: {},
      })
      expect(fresh.headers.get('etag')).toBe(tag)
    }
  })

  test('If-Match on what is not there is 404', async () => {
    await write('DELETE', tag)
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      for (const value of [tag, '*']) expect((await write(method, value)).status).toBe(404)
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('If-None-Match stops %s', async (method) => {
    const sent = { PUT: body, PATCH: { age: 22 }, DELETE: undefined }[method]
    const unless = (value: string) => {
      const headers = { 'If-None-Match': value }
      return api.call(`${method} ${item}`, { token, headers, ...(sent && { body: sent }) })
    }
    for (const value of ['*', tag, `W/${tag}`, `"x", ${tag}`]) {
      const answer = await unless(value)
      expect([answer.status, answer.body?.code], value).toEqual([412, 'precondition_failed'])
    }
    const one = await api.call(`GET ${item}`, { token })
    expect([one.body.age, one.headers.get('etag')]).toEqual([21, tag])
    expect((await unless(`${old}, "x"`)).status).toBe(method === 'DELETE' ? 204 : 200)
  })

  test('a long list of tags is read', async () => {
    const others = Array.from({ length: 99 }, (_, index) => `"${index}"`)
    expect((await write('PATCH', [...others, tag].join(', '))).status).toBe(200)
  })

  test('without If-Match the last write wins', async () => {
    const first = await api.call(`PATCH ${item}`, { token, body: { age: 30 } })
    const second = await api.call(`PATCH ${item}`, { token, body: { rollNo: '2' } })
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.body).toMatchObject({ age: 30, rollNo: '2' })
  })
})
