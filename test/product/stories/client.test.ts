import { join } from 'node:path'
import { expect, test } from 'vitest'
import { password, useApi } from '../../api/harness.ts'
import { complaints, examplesOf, program, programsIn, source } from '../../client/compiled.ts'

const api = useApi()

const programs = join(import.meta.dirname, 'programs')

test('the stories, and every example of docs/client.md, compile', () => {
  const examples = examplesOf('docs/client.md')
  expect(Object.keys(examples).length).toBeGreaterThan(5)
  const files = { ...programsIn(programs), ...examples }
  expect(complaints({ used: { client: source, files } })).toEqual([])
})

test("the five tutorials' stories by the typed client, without their mistakes", async () => {
  const { stories } = await program('stories', programs)
  const admin = { username: 'admin', password }
  expect(await stories?.({ baseUrl: api.runner.origin, admin })).toEqual({
    'the wrong password': 'invalid_credentials',
    students: {
      'no token': 'unauthorized',
      age: 21,
      field: 'validation_failed',
      graduated: true,
      again: 'already_graduated',
    },
    pages: ['Hello, world!', true, 'unauthorized'],
    mountains: [8849, 'insufficient_scope', 'name_taken'],
    posts: {
      own: true,
      title: 'Hello',
      refused: ['username_taken', 'not_found', 'forbidden', 'forbidden'],
      gone: ['unauthorized', 'not_found'],
    },
    list: {
      refused: ['unauthorized', 'insufficient_scope', 'validation_failed', 'email_taken'],
      found: [true],
      gone: 'not_found',
    },
    more: {
      pinned: true,
      slug: true,
      fee: { amount: 12, currency: 'EUR' },
      lessons: [true],
      out: 'unauthorized',
    },
  })
})
