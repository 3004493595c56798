import { describe, expect, test } from 'vitest'
import { checkDocumented } from '../api/answers.ts'

const id = '01939f5e-7c00-7a3b-9f00-5d1c2b3a4e5f'
const time = '2026-01-31T12:00:00.000Z'
const pupil = { name: 'Ada', email: 'ada@example.org', rollNo: '1', age: 20 }
const item = { id, ...pupil, createdAt: time, updatedAt: time }
const headers = { 'Content-Type': 'application/json', 'X-Request-Id': 'r', ETag: '"1"' }

function check(route: string, status: number, body: unknown, sent: Record<string, string>): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  checkDocumented(route, { status, headers: new Headers(sent), text, body })
}

function problem(status: number, code: string, more = {}) {
  const type = `urn:portcullis:problem:${code}`
  return { type, title: 'A title', status, detail: 'A detail.', code, requestId: 'r', ...more }
}

describe('an answer', () => {
  test('as documented is let through', () => {
    check(`GET /api/v1/pupils/${id}?x`, 200, item, headers)
  })

  const { ETag: _, ...untagged } = headers
  const located = { ...headers, Location: '/api/v1/pupils/x' }
  test.each([
    ['with a status that the operation has not', 202, item, headers],
    ['without a header', 200, item, untagged],
    ['with a header that is not documented', 200, item, located],
    ['with a malformed header', 200, item, { ...headers, ETag: 'W/"1"' }],
    ['of another media type', 200, item, { ...headers, 'Content-Type': 'text/plain' }],
    ['without a field', 200, { ...item, age: undefined }, headers],
    ['with a field too many', 200, { ...item, passwordHash: 'x' }, headers],
    ['with a time of another form', 200, { ...item, createdAt: '2026-01-31' }, headers],
    ['with a body that should have none', 304, item, headers],
  ])('%s is not', (_name, status, body, sent) => {
    expect(() => check(`GET /api/v1/pupils/${id}`, status, body, sent)).toThrow(/answered/)
  })
})

describe('a problem', () => {
  const sent = { 'X-Request-Id': 'r', 'Content-Type': 'application/problem+json' }

  test('as documented is let through', () => {
    check('POST /api/v1/pupils', 409, problem(409, 'email_taken'), sent)
    check('GET /nowhere', 404, problem(404, 'not_found'), sent)
    check('PUT /docs', 405, problem(405, 'method_not_allowed'), { ...sent, Allow: 'GET' })
  })

  test.each([
    ['POST /api/v1/pupils', 409, problem(409, 'username_taken'), sent],
    ['POST /api/v1/pupils', 409, problem(404, 'email_taken'), sent],
    ['POST /api/v1/pupils', 422, problem(422, 'validation_failed'), sent],
    ['POST /api/v1/pupils', 422, problem(422, 'idempotency_key_reused', { errors: [] }), sent],
    ['POST /api/v1/pupils', 503, problem(503, 'unavailable'), sent],
    ['POST /api/v1/pupils', 500, problem(500, 'internal_error', { stack: 'x' }), sent],
    ['GET /nowhere', 200, {}, headers],
    ['GET /nowhere', 403, problem(403, 'forbidden'), sent],
    ['PUT /docs', 405, problem(405, 'method_not_allowed'), sent],
  ])('%s, %d %j is not', (route, status, body, with_) => {
    expect(() => check(route, status, body, with_)).toThrow(/answered/)
  })
})
