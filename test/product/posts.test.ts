import { describe, expect, test } from 'vitest'
import { useApi, usePerson } from '../api/harness.ts'

describe('posts', () => {
  const api = useApi()
  const bob = usePerson(api)

  test('are written by their user alone, and read by every member', async () => {
    const { id, token } = api.member
    const path = `/api/v1/users/${id}/posts`
    const body = { title: 'Hello', body: 'Two\nlines' }
    const made = await api.call(`POST ${path}`, { token, body })
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ ...body, userId: id }),
    ])
    expect((await api.call(`POST ${path}`, { token: bob.token, body })).status).toBe(403)
    const read = await api.call(`GET ${path}/${made.body.id}`, { token: bob.token })
    expect(read.body).toEqual(made.body)
  })
})
