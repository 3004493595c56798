import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { serveOpenapi } from '../../functions/docs/docs.ts'
import { openapiDocument } from '../../functions/docs/openapi.ts'
import type { Request } from '../../functions/http/request.ts'
import { useApi } from '../api/harness.ts'

const api = useApi()

describe('GET /api/v1/openapi.json', () => {
  test.each(['gzip', 'identity', 'br, gzip;q=0'])('with Accept-Encoding: %s', async (coding) => {
    const headers = { 'Accept-Encoding': coding }
    const answer = await api.call('GET /api/v1/openapi.json', { headers })
    expect(answer.headers.get('content-encoding')).toBe(coding === 'gzip' ? 'gzip' : null)
    expect(answer.headers.get('vary')).toContain('Accept-Encoding')
    expect(answer.body).toEqual(JSON.parse(JSON.stringify(openapiDocument())))
  })

  test.each(['gzip', 'identity'])(
    'is kept for a minute and asked for by its tag: %s',
    async (coding) => {
      const headers = { 'Accept-Encoding': coding }
      const answer = await api.call('GET /api/v1/openapi.json', { headers })
      expect(answer.headers.get('cache-control')).toBe('public, max-age=60')
      const tag = answer.headers.get('etag') ?? ''
      const again = await api.call('GET /api/v1/openapi.json', {
        headers: { ...headers, 'If-None-Match': tag },
      })
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag])
      expect(again.headers.get('vary')).toContain('Accept-Encoding')
    },
  )

  test('names the stage as the server, where there is one', () => {
    const request = { root: '/prod', header: () => undefined } as unknown as Request
    const { body = '' } = serveOpenapi(request)
    const { servers } = JSON.parse(Buffer.from(body, 'base64').toString('utf8'))
    expect(servers).toEqual([{ url: '/prod' }])
  })
})

describe.each(['/docs', '/account'])('%s', (path) => {
  test('is a page that runs only what is its own, and stands in no frame', async () => {
    const { text, headers } = await api.call(`GET ${path}`)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
    for (const tag of ['script', 'style']) {
      const [, content = ''] = new RegExp(`<${tag}[^>]*>([^]+)</${tag}>`).exec(text) ?? []
      const hash = createHash('sha256').update(content).digest('base64')
      expect(policy).toContain(`${tag}-src 'sha256-${hash}';`)
    }
    expect(text).not.toMatch(/\sstyle=|\son\w+=|(?:src|href)="(?!data:|#|api\/v1\/openapi\.json")/)
  })

  test.each(['gzip', 'identity'])('with Accept-Encoding: %s', async (coding) => {
    const answer = await api.call(`GET ${path}`, { headers: { 'Accept-Encoding': coding } })
    expect(answer.headers.get('content-encoding')).toBe(coding === 'gzip' ? 'gzip' : null)
    expect(answer.text).toMatch(/^<!doctype html>.+<\/html>\s*$/s)
  })

  test('has no other methods', async () => {
    const { status, headers } = await api.call(`POST ${path}`, { body: {} })
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  test('answers HEAD as GET, without the body', async () => {
    const { status, text, headers } = await api.call(`HEAD ${path}`)
    expect([status, text]).toEqual([200, ''])
    expect(headers.get('content-type')).toContain('text/html')
    // GET's length or none (RFC 9110 section 8.6).
    expect(headers.get('content-length')).toBeNull()
  })
})

test('the home document links to every collection, auth action and document', async () => {
  const { body } = await api.call('GET /api/v1')
  expect(body._links).toMatchObject({
    pupils: { href: '/api/v1/pupils', scope: 'pupils:read' },
    users: { href: '/api/v1/users', scope: 'users:admin' },
    memos: { href: '/api/v1/users/{userId}/memos', scope: 'memos:read', templated: true },
    login: { href: '/api/v1/auth/login', method: 'POST' },
    listSessions: { href: '/api/v1/auth/sessions', scope: 'account' },
    openapi: { href: '/api/v1/openapi.json' },
    docs: { href: '/docs' },
    jwks: { href: '/.well-known/jwks.json' },
  })
})
