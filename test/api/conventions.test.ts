import { request } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Person, useApi } from './harness.ts'
import { pupil } from './pupil.ts'
import { runScenarios, type Scenario } from './scenarios.ts'

const pupils = '/api/v1/pupils'
const summits = '/api/v1/summits'
const nobody = '01890000-0000-7000-8000-000000000000'
const large = 'x'.repeat(100 * 1024 + 1)

const api = useApi()
let reader: Person
beforeAll(async () => {
  reader = await api.signIn(api.member.username, api.member.password, { scope: 'pupils:read' })
})

function run(list: readonly Scenario[]): void {
  runScenarios(api, list)
}

describe('the order of checks: of two faults the earlier one is told', () => {
  run([
    { name: 'route before method', call: 'PUT /api/v1/nothing', status: 404 },
    { name: 'method before token', call: `DELETE ${pupils}`, status: 405 },
    {
      name: 'token before scope and body',
      call: `POST ${summits}`,
      body: 'x',
      status: 401,
      code: 'unauthorized',
    },
    {
      name: 'scope before query',
      call: 'GET /api/v1/patrons?limit=x',
      as: 'member',
      status: 403,
      code: 'insufficient_scope',
    },
    {
      name: 'scope before size',
      call: `POST ${pupils}`,
      as: () => reader.token,
      body: large,
      status: 403,
      code: 'insufficient_scope',
    },
    {
      name: 'Idempotency-Key before size',
      call: `POST ${pupils}`,
      as: 'member',
      body: large,
      headers: { 'Idempotency-Key': 'x'.repeat(256) },
      status: 400,
      code: 'bad_request',
    },
    {
      name: 'size before media type',
      call: `POST ${pupils}`,
      as: 'member',
      body: large,
      headers: { 'Content-Type': 'text/plain' },
      status: 413,
      code: 'payload_too_large',
    },
    {
      name: 'media type before JSON',
      call: `POST ${pupils}`,
      as: 'member',
      body: '{',
      headers: { 'Content-Type': 'text/plain' },
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'media type where no body is wanted',
      call: 'POST /api/v1/auth/logout',
      as: 'member',
      body: 'x',
      headers: { 'Content-Type': 'text/plain' },
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'JSON before schema',
      call: `POST ${pupils}`,
      as: 'member',
      body: '{"bogus": 1',
      status: 400,
      code: 'bad_request',
    },
    {
      name: 'schema before item',
      call: `PATCH ${pupils}/${nobody}`,
      as: 'member',
      body: { bogus: 1 },
      status: 422,
      code: 'validation_failed',
    },
    {
      name: 'item before precondition',
      call: `PATCH ${pupils}/${nobody}`,
      as: 'member',
      body: { age: 20 },
      headers: { 'If-Match': '"x"' },
      status: 404,
      code: 'not_found',
    },
    {
      name: 'precondition before conflict: one pupil',
      call: `POST ${pupils}`,
      as: 'member',
      body: pupil({ email: 'order-1@example.org' }),
      status: 201,
    },
    {
      name: 'precondition before conflict: another one',
      call: `POST ${pupils}`,
      as: 'member',
      body: pupil({ email: 'order-2@example.org' }),
      status: 201,
      keep: { id: 'id', etag: 'ETag' },
    },
    {
      name: 'precondition before conflict',
      call: `PATCH ${pupils}/{id}`,
      as: 'member',
      body: { email: 'ORDER-1@example.org' },
      headers: { 'If-Match': '"x"' },
      status: 412,
      code: 'precondition_failed',
    },
    {
      name: 'conflict at last',
      call: `PATCH ${pupils}/{id}`,
      as: 'member',
      body: { email: 'ORDER-1@example.org' },
      headers: { 'If-Match': '{etag}' },
      status: 409,
      code: 'email_taken',
    },
  ])
})

describe('all faults are told at once', () => {
  test.each([
    ['POST /api/v1/auth/login', {}, ['/password', '/username']],
    [
      'POST /api/v1/auth/login',
      { username: 'x', email: 'y', zzz: 1 },
      ['/password', '/username', '/zzz'],
    ],
    ['POST /api/v1/auth/login/factor', {}, ['', '/challenge']],
    [
      'POST /api/v1/auth/signup',
      { username: 'bobbybobby', password: 'Bobbybobby1', zzz: 1 },
      ['/password', '/zzz'],
    ],
    [
      'POST /api/v1/users',
      { username: 'bobbybobby', password: 'Bobbybobby1', zzz: 1 },
      ['/password', '/zzz'],
    ],
    ['POST /api/v1/auth/reauthenticate', { zzz: 1 }, ['', '/zzz']],
    ['POST /api/v1/auth/login', [], ['']],
  ])('%s %o', async (call, body, pointers) => {
    const answer = await api.call(call, { body, token: api.admin.token })
    expect(answer.status).toBe(422)
    const told = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    expect(told.sort()).toEqual(pointers)
  })
})

describe('/.well-known', () => {
  const Origin = 'https://any.example'
  test.each([
    ['GET /.well-known/jwks.json', 200],
    ['OPTIONS /.well-known/jwks.json', 204],
    ['POST /.well-known/jwks.json', 405],
    ['GET /.well-known/nothing', 404],
    ['GET /.well-known', 404],
  ])('%s may be read by every origin', async (call, status) => {
    const asked = { 'Access-Control-Request-Method': 'GET' }
    const answer = await api.call(call, { headers: { Origin, ...asked } })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    if (status !== 204) return
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD')
    expect(answer.headers.get('access-control-allow-headers')).toContain('If-None-Match')
  })
})

describe('every answer', () => {
  const item = `${pupils}/${nobody}`
  run([
    ...[
      ['/api/v1', 'GET, HEAD, OPTIONS'],
      [pupils, 'GET, POST, OPTIONS'],
      [item, 'GET, PUT, PATCH, DELETE, OPTIONS'],
      ['/api/v1/users/me', 'GET, PATCH, DELETE, OPTIONS'],
      ['/api/v1/auth/login', 'POST, OPTIONS'],
      ['/.well-known/jwks.json', 'GET, HEAD, OPTIONS'],
    ].flatMap(([path, allow = '']): Scenario[] => [
      ...(allow.includes('HEAD')
        ? []
        : [
            {
              name: `HEAD ${path} is not allowed`,
              call: `HEAD ${path}`,
              status: 405,
              answerHeaders: { allow },
            },
          ]),
      {
        name: `OPTIONS ${path} names the methods`,
        call: `OPTIONS ${path}`,
        status: 204,
        answerHeaders: { allow },
      },
    ]),
    {
      name: 'GET of an action is not allowed: nothing reads credentials from a URL',
      call: 'GET /api/v1/auth/login?username=admin&password=x',
      status: 405,
      code: 'method_not_allowed',
      answerHeaders: { allow: 'POST, OPTIONS' },
    },
  ])

  test('has an id and the security headers, and is stored by nobody', async () => {
    const { token } = api.member
    const made = await api.call(`POST ${pupils}`, { token, body: pupil() })
    const path = made.headers.get('location')
    const etag = made.headers.get('etag') ?? ''
    const answers = [
      made,
      await api.call(`GET ${path}`, { token, headers: { 'If-None-Match': etag } }),
      await api.call(`DELETE ${path}`, { token }),
      await api.call(`GET ${path}`, { token }),
      await api.call(`GET ${path}`),
      await api.call('GET /nothing'),
      await api.call(`GET ${summits}`, { token: reader.token }),
      await api.call(`OPTIONS ${pupils}`),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 304, 204, 404, 401, 404, 403, 204])
    for (const { headers } of answers) {
      expect(headers.get('cache-control')).toBe('no-store, no-transform')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/)
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
    const ids = answers.map(({ headers }) => headers.get('x-request-id') ?? '')
    expect(new Set(ids).size).toBe(answers.length)
    for (const id of ids) expect(api.logs.some((line) => line.includes(id))).toBe(true)
  })

  test('has ids that are UUIDv7 and times in UTC with milliseconds', async () => {
    const made = await api.call(`POST ${pupils}`, { token: api.member.token, body: pupil() })
    const { id, createdAt, updatedAt } = made.body
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(updatedAt).toBe(createdAt)
    expect(Math.abs(Date.parse(createdAt) - api.runner.clock.now())).toBeLessThan(5000)
  })

  test('repeated request headers are one list', async () => {
    const { token } = api.member
    const made = await api.call(`POST ${pupils}`, { token, body: pupil() })
    const path = made.headers.get('location') ?? ''
    const etag = made.headers.get('etag') ?? ''
    expect(await status('GET', path, { 'If-None-Match': [etag, '"other"'] })).toBe(304)
    expect(await status('GET', path, { 'If-None-Match': ['"other"', etag] })).toBe(304)
    const types = { 'Content-Type': ['application/json', 'text/plain'] }
    expect(await status('POST', pupils, types, JSON.stringify(pupil()))).toBe(415)
    expect(await status('DELETE', path, { 'If-Match': ['"other"', '"another"'] })).toBe(412)
    expect(await status('DELETE', path, { 'If-Match': [etag, '"other"'] })).toBe(204)
  })

  function status(method: string, path: string, headers: Record<string, string[]>, body?: string) {
    const authorization = `Bearer ${api.member.token}`
    return new Promise<number | undefined>((resolve, reject) => {
      const sent = request(
        api.runner.origin + path,
        { method, headers: { authorization, ...headers } },
        (answer) => resolve(answer.resume().statusCode),
      )
      sent.on('error', reject).end(body)
    })
  }
})
