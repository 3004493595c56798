import { afterAll, describe, expect, test } from 'vitest'
import { expectCleanLogs, refreshed, securityEvents, statusOf } from '../auth/support.ts'
import { type Answer, claimsOf, password, useApi } from './harness.ts'

const api = useApi()
afterAll(() => expectCleanLogs(api, [password]))

const path = '/api/v1/auth'
const formType = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** Sends a form, of pairs or as it stands. */
function form(
  endpoint: string,
  fields: string | Record<string, string>,
  token?: string,
): Promise<Answer> {
  const body = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString()
  return api.call(`POST ${path}/${endpoint}`, { body, headers: formType, token })
}

function refresh(refresh_token: string, more: Record<string, string> = {}) {
  return form('token', { grant_type: 'refresh_token', refresh_token, ...more })
}

describe('the token endpoint', () => {
  test('refreshes as /auth/refresh does', async () => {
    const person = await api.signUp()
    const { status, body, headers } = await refresh(person.refreshToken)
    expect([status, body.token_type, body.expires_in]).toEqual([200, 'Bearer', 900])
    expect(headers.get('cache-control')).toContain('no-store')
    expect(headers.get('pragma')).toBe('no-cache')
    expect(headers.get('content-type')).toBe('application/json')
    const members = ['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']
    expect(Object.keys(body).sort()).toEqual(members)
    expect(await statusOf(api, body.access_token)).toBe(200)
    expect((await refreshed(api, body.refresh_token)).status).toBe(200)
  })

  test('narrows one access token, and leaves the session as it is', async () => {
    const person = await api.signUp()
    const narrow = await refresh(person.refreshToken, { scope: 'users:read' })
    expect(narrow.body.scope).toBe('users:read')
    const { access_token: token, refresh_token } = narrow.body
    expect(claimsOf(token).scope).toBe('users:read')
    expect((await api.call('GET /api/v1/users/me', { token })).status).toBe(200)
    expect((await api.call(`GET ${path}/sessions`, { token })).status).toBe(403)
    const whole = await refresh(refresh_token, { scope: '' })
    expect(whole.body.scope.split(' ')).toContain('account')
  })

  test('refuses a wider scope, and the refresh token stays good', async () => {
    const person = await api.signUp()
    for (const scope of [
      'users:admin',
      'users:read users:admin',
      'bogus',
      ' ',
      'users:read,account',
    ]) {
      const answer = await refresh(person.refreshToken, { scope })
      expect([answer.status, answer.body.error], scope).toEqual([400, 'invalid_scope'])
    }
    const { username } = person
    const narrow = await api.signIn(username, password, { scope: 'users:read' })
    const wider = await refresh(narrow.refreshToken, { scope: 'account' })
    expect(wider.body.error).toBe('invalid_scope')
    // Had the token been used up, it would be taken again for half a minute only.
    api.runner.clock.advance(31_000)
    expect((await refreshed(api, person.refreshToken)).status).toBe(200)
  })

  test.each(['pupils:bogus', 'pupils:', 'pupils:read:x', ':read'])(
    'refuses the scope %s, which does not exist, to an admin too',
    async (scope) => {
      const admin = await api.signIn('admin', password)
      const answer = await refresh(admin.refreshToken, { scope })
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_scope'])
    },
  )

  test('a token that was used before ends the session, whatever scope is asked for', async () => {
    const person = await api.signUp()
    const first = await refresh(person.refreshToken)
    const second = await refresh(first.body.refresh_token)
    const reused = await refresh(person.refreshToken, { scope: 'users:admin' })
    expect([reused.status, reused.body.error]).toEqual([400, 'invalid_grant'])
    expect(await statusOf(api, second.body.access_token)).toBe(401)
  })

  const faults: [string, string, string][] = [
    ['no grant type', 'refresh_token=x', 'invalid_request'],
    ['an empty grant type', 'grant_type=&refresh_token=x', 'invalid_request'],
    ['an empty body', '', 'invalid_request'],
    ['no refresh token', 'grant_type=refresh_token', 'invalid_request'],
    ['an empty refresh token', 'grant_type=refresh_token&refresh_token=', 'invalid_request'],
    ['two', 'grant_type=refresh_token&refresh_token=x&refresh_token=x', 'invalid_request'],
    ['two, one empty', 'grant_type=refresh_token&grant_type=&refresh_token=x', 'invalid_request'],
    ['a password', 'grant_type=password&username=x&password=y', 'unsupported_grant_type'],
    ['another grant', 'grant_type=__proto__&refresh_token=x', 'unsupported_grant_type'],
    ['what is no token', 'grant_type=refresh_token&refresh_token=x', 'invalid_grant'],
    ['bad escapes', 'grant_type=refresh_token&refresh_token=%zz%ff', 'invalid_grant'],
  ]
  test.each(faults)('%s: %s is %s', async (_, body, error) => {
    const answer = await form('token', body)
    expect([answer.status, answer.body.error]).toEqual([400, error])
    expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description'])
    expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(answer.headers.get('content-type')).toBe('application/json')
  })

  test('ignores parameters that it does not know, repeated ones too', async () => {
    const { refreshToken } = await api.signUp()
    const known = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
    const answer = await form('token', `${known}&client_id=x&resource=a&resource=b`)
    expect(answer.status).toBe(200)
  })

  test.each([
    ['application/json', '{"grant_type": "refresh_token"}'],
    ['text/plain', 'grant_type=refresh_token'],
    ['multipart/form-data', 'grant_type=refresh_token'],
  ])('takes no %s', async (type, body) => {
    const headers = { 'Content-Type': type }
    const answer = await api.call(`POST ${path}/token`, { body, headers })
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
  })

  test('takes a charset, and bytes that are not UTF-8 are a fault of the request', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' }
    const { refreshToken } = await api.signUp()
    const body = `grant_type=refresh_token&refresh_token=${refreshToken}`
    expect((await api.call(`POST ${path}/token`, { body, headers })).status).toBe(200)
    const bytes = Buffer.from('grant_type=\xff', 'latin1')
    const answer = await api.call(`POST ${path}/token`, { body: bytes, headers })
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
  })

  test('a token that was used too late ends the session here too', async () => {
    const person = await api.signUp()
    const first = await refresh(person.refreshToken)
    api.runner.clock.advance(31_000)
    const again = await refresh(person.refreshToken)
    expect(again.body.error).toBe('invalid_grant')
    expect(await statusOf(api, first.body.access_token)).toBe(401)
    const events = securityEvents(api).filter(({ event }) => event === 'refresh_token_reused')
    expect(events.at(-1)).toMatchObject({ userId: person.id, sessionId: person.sessionId })
  })
})

describe('the revocation endpoint', () => {
  test.each(['token', 'refreshToken'] as const)('ends the session of a %s', async (kind) => {
    const person = await api.signUp()
    const other = await api.signIn(person.username, password)
    const answer = await form('revoke', { token: person[kind], token_type_hint: 'bogus' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    // An empty body is no JSON.
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await statusOf(api, person.token)).toBe(401)
    expect((await refreshed(api, person.refreshToken)).status).toBe(401)
    expect(await statusOf(api, other.token)).toBe(200)
    const event = securityEvents(api).at(-1)
    expect(event).toMatchObject({ event: 'session_ended', sessionId: person.sessionId })
  })

  test('answers 200 to what is no token, and ends nothing', async () => {
    const person = await api.signUp()
    const [header, claims, signature = ''] = person.token.split('.')
    const last = signature.startsWith('A') ? 'B' : 'A'
    const made = [
      'x',
      'pk_x',
      `${person.refreshToken}x`,
      person.deviceToken,
      `${header}.${claims}.${last}${signature.slice(1)}`,
      `pk_${'A'.repeat(87)}`,
    ]
    for (const token of made) expect((await form('revoke', { token })).status).toBe(200)
    expect(await statusOf(api, person.token)).toBe(200)
  })

  test('an access token that has run out ends nothing', async () => {
    const person = await api.signUp()
    api.runner.clock.advance(16 * 60_000)
    expect((await form('revoke', { token: person.token })).status).toBe(200)
    expect((await refreshed(api, person.refreshToken)).status).toBe(200)
  })

  test.each(['', 'token=', 'token=x&token=y', 'other=x'])('"%s" is a fault', async (body) => {
    const answer = await form('revoke', body)
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
  })
})

describe('the introspection endpoint', () => {
  const admin = () => api.signIn(api.admin.username, password)

  test('says what the authorizer would', async () => {
    const { token: asking } = await admin()
    const person = await api.signUp()
    const { iss, aud, iat, exp, scope } = claimsOf(person.token)
    const answer = await form('introspect', { token: person.token }, asking)
    expect(answer.body).toEqual({
      active: true,
      scope,
      client_id: aud,
      username: person.username,
      sub: person.id,
      exp,
      iat,
      token_type: 'Bearer',
      iss,
      aud,
    })
    await api.call(`POST ${path}/logout`, { token: person.token })
    const after = await form('introspect', { token: person.token }, asking)
    expect(after.body).toEqual({ active: false })
  })

  test('what is no access token, or good no longer, is inactive', async () => {
    const person = await api.signUp()
    const { refreshToken, deviceToken, token } = person
    for (const text of [refreshToken, deviceToken, 'x', `${token}x`, `pk_${'A'.repeat(87)}`]) {
      const { token: asking } = await admin()
      const answer = await form('introspect', { token: text }, asking)
      expect([answer.status, answer.body]).toEqual([200, { active: false }])
    }
    api.runner.clock.advance(15 * 60_000)
    const { token: asking } = await admin()
    expect((await form('introspect', { token }, asking)).body).toEqual({ active: false })
  })

  test('is for those with the scope', async () => {
    const person = await api.signUp()
    const answer = await form('introspect', { token: person.token }, person.token)
    expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
    const { username } = api.admin
    const scoped = await api.signIn(username, password, { scope: 'tokens:introspect' })
    expect((await form('introspect', { token: person.token }, scoped.token)).body.active).toBe(true)
  })
})

describe('the metadata of RFC 8414', () => {
  test.each(['openid-configuration', 'oauth-authorization-server'])(
    'is at %s, for pages of any origin',
    async (name) => {
      const headers = { Origin: 'https://elsewhere.example' }
      const {
        status,
        body,
        headers: sent,
      } = await api.call(`GET /.well-known/${name}`, { headers })
      const issuer = api.runner.origin
      expect(status).toBe(200)
      expect(body).toMatchObject({
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks.json`,
        token_endpoint: `${issuer}${path}/token`,
        revocation_endpoint: `${issuer}${path}/revoke`,
        introspection_endpoint: `${issuer}${path}/introspect`,
        grant_types_supported: ['refresh_token'],
        response_types_supported: [],
        subject_types_supported: ['public'],
        token_endpoint_auth_methods_supported: ['none'],
      })
      expect(body.scopes_supported).toContain('tokens:introspect')
      expect(sent.get('access-control-allow-origin')).toBe('*')
      expect(sent.get('cache-control')).toBe('public, max-age=300')
    },
  )

  test('the keys too may be read by pages of any origin', async () => {
    const { headers } = await api.call('GET /.well-known/jwks.json')
    expect(headers.get('access-control-allow-origin')).toBe('*')
  })
})
