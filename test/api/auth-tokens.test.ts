import { createHmac, createPublicKey, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import * as jose from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { begun } from '../../functions/auth/keys/key-ring.ts'
import { scratch } from '../assembly.ts'
import { expectCleanLogs, keyRingIn, refreshed, statusOf } from '../auth/support.ts'
import { physicalName } from '../invariants.ts'
import { claimsOf, password, useApi, usePerson } from './harness.ts'

/** Tokens that are not ours, from the tutorials and from the books on attacks. */
const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe('access tokens', () => {
  const dataDir = join(scratch, 'tokens')
  const api = useApi({ dataDir })
  const person = usePerson(api)
  afterAll(() => expectCleanLogs(api, [password]))

  const path = 'GET /api/v1/private'
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signingKey = () => begun(keyRingIn(dataDir).signing)
  const hmac = (input: string, key: string | Buffer) =>
    `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`

  /** Signed with the real private key: only what is wrong in it can be the reason. */
  async function signed(change: Record<string, unknown> = {}, header = {}): Promise<string> {
    const { kid, jwk, algorithm } = signingKey()
    const claims = { ...claimsOf(person.token), jti: randomUUID(), ...change }
    const protectedHeader = { alg: algorithm, kid, typ: 'at+jwt', ...header }
    const text = new TextEncoder().encode(JSON.stringify(claims))
    return new jose.CompactSign(text)
      .setProtectedHeader(protectedHeader)
      .sign(await jose.importJWK(jwk, algorithm), { crit: { b64: true, exp: true } })
  }

  test('that are made like ours are accepted, so that the refusals below mean something', async () => {
    expect(await statusOf(api, await signed())).toBe(200)
    expect(await statusOf(api, person.token)).toBe(200)
  })

  describe('M5: the secrets of the tutorials sign nothing here', () => {
    test.each(['secret', 'my_super_secret', 'sherpaSecret', 'Ill never tell', 'super-secret', ''])(
      '"%s"',
      async (secret) => {
        const body = encoded({ ...claimsOf(person.token), jti: randomUUID() })
        const { kid } = signingKey()
        for (const header of [
          { alg: 'HS256', typ: 'JWT' },
          { alg: 'HS256', typ: 'at+jwt', kid },
        ])
          expect(await statusOf(api, hmac(`${encoded(header)}.${body}`, secret || 'x'))).toBe(401)
      },
    )

    test.each([
      'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.J_RIIkoOLNXtd5IZcEwaBDGKGA3VnnYmuXnmhsmDEOs',
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VybmFtZSI6InRob21hc190aGVfdHJhaW4iLCJyb2xlIjoiQWRtaW4iLCJpYXQiOjE1MTYyMzkwMjJ9.jvPs4WoDqqj2fhsRmgGushRvfOq--UkZizfyZqu88bE',
      'eyJhbGciOiJIUzI1NiIsInR5cGUiOiJqd3QifQ.eyJleHAiOjE2NDUwMzEwNDIuNzc2MjI1LCJ1c2VyIjoiYWRtaW4ifQ.1O7QCylGL8M2dvvXSe3Q4l_c2NnxfMEHZ7Stuv4vmqo',
      'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpZGVudGl0eSI6MSwibmJmIjoxNDc5MzQ0ODEwLCJpYXQiOjE0NzkzNDQ4MTAsImV4cCI6MTQ3OTM0NTExMH0.LOlkYNsgvUmCSVQHhchGLgJn-HSVTXfatulD8xqubhQ',
    ])('a token of theirs: %s', async (token) => {
      expect(await statusOf(api, token)).toBe(401)
    })
  })

  describe('M7: every claim must be there, and be what it should', () => {
    const claims = [
      'iss',
      'aud',
      'client_id',
      'auth_time',
      'sub',
      'sid',
      'jti',
      'iat',
      'nbf',
      'exp',
      'scope',
      'role',
    ]
    test.each(claims)('without %s', async (name) => {
      expect(await statusOf(api, await signed({ [name]: undefined }))).toBe(401)
    })

    const now = () => Math.floor(api.runner.clock.now() / 1000)
    const wrong: [string, () => Record<string, unknown>][] = [
      ['another issuer', () => ({ iss: 'https://example.org' })],
      ['another audience', () => ({ aud: 'somebody else' })],
      ['an audience of several', () => ({ aud: ['portcullis', 'somebody else'] })],
      ['an end that has passed', () => ({ exp: now() })],
      ['an end as text', () => ({ exp: String(now() + 900) })],
      ['an end with a fraction', () => ({ exp: now() + 900.5 })],
      ['a beginning to come', () => ({ nbf: now() + 60 })],
      ['a time of issue as text', () => ({ iat: String(now()) })],
      ['a subject that is a number', () => ({ sub: 1 })],
      ['a session that is a list', () => ({ sid: [person.sessionId] })],
      ['another session', () => ({ sid: randomUUID() })],
      ['another subject', () => ({ sub: api.admin.id })],
      ['a subject that is no id', () => ({ sub: 'x'.repeat(3000) })],
      ['a session without an id', () => ({ sid: '' })],
      ['a client that is a list', () => ({ client_id: ['portcullis'] })],
      ['a time of the proof as text', () => ({ auth_time: String(now()) })],
      ['a scope that is a list', () => ({ scope: ['users:admin'] })],
    ]
    test.each(wrong)('%s', async (_, change) => {
      expect(await statusOf(api, await signed(change()))).toBe(401)
    })

    test.each(['JWT', 'jwt', undefined, 'at+jwt; x', 'id+jwt'])('of type %s', async (typ) => {
      expect(await statusOf(api, await signed({}, { typ }))).toBe(401)
    })

    test('an end is held to the second', async () => {
      const token = await signed({ exp: now() + 30 })
      expect(await statusOf(api, token)).toBe(200)
      api.runner.clock.advance(30_000)
      expect(await statusOf(api, token)).toBe(401)
    })
  })

  describe('M8: nothing in a token chooses how it is verified', () => {
    test.each(['none', 'None', 'NONE', ''])('alg "%s", without a signature', async (alg) => {
      const { kid } = signingKey()
      const body = encoded(claimsOf(person.token))
      for (const signature of ['', 'x', person.token.split('.')[2]])
        expect(
          await statusOf(api, `${encoded({ alg, kid, typ: 'at+jwt' })}.${body}.${signature}`),
        ).toBe(401)
    })

    test('HS256 with the public key as the secret', async () => {
      const { body } = await api.call('GET /.well-known/jwks.json')
      const [jwk] = body.keys
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      const forms = [
        key.export({ type: 'spki', format: 'pem' }),
        key.export({ type: 'spki', format: 'der' }),
        JSON.stringify(jwk),
        jwk.x,
      ]
      const header = encoded({ alg: 'HS256', kid: jwk.kid, typ: 'at+jwt' })
      for (const form of forms) {
        const token = hmac(`${header}.${encoded(claimsOf(person.token))}`, form)
        expect(await statusOf(api, token)).toBe(401)
      }
    })

    test('a key that the token brings along', async () => {
      const { publicKey, privateKey } = await jose.generateKeyPair('ES256')
      const jwk = await jose.exportJWK(publicKey)
      const { kid } = signingKey()
      const url = 'https://example.org/keys.json'
      for (const header of [
        { jwk },
        { jwk, kid },
        { jku: url, kid: 'mine' },
        { x5u: url, kid },
        { x5c: ['MIIB'], kid },
        { kid },
        { kid: 'unknown' },
        { kid: '../../dev/null' },
        {},
      ]) {
        const made = new jose.SignJWT(claimsOf(person.token))
        made.setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header })
        expect(await statusOf(api, await made.sign(privateKey))).toBe(401)
      }
    })

    test('extensions that are critical and not understood', async () => {
      for (const header of [
        { crit: ['exp'], exp: 1 },
        { crit: ['b64'], b64: true },
      ])
        expect(await statusOf(api, await signed({}, header))).toBe(401)
    })

    test('no kid, or one that is no text', async () => {
      expect(await statusOf(api, await signed({}, { kid: undefined }))).toBe(401)
    })

    test('the same signature in another form', async () => {
      const [header, body, signature = ''] = person.token.split('.')
      const bytes = Buffer.from(signature, 'base64url')
      const others = [...base64url].filter((last) => !signature.endsWith(last))
      for (const form of [
        ...others.map((last) => signature.slice(0, -1) + last),
        `${signature}A`,
        `${signature}=`,
        Buffer.concat([bytes, bytes]).toString('base64url'),
        Buffer.alloc(64).toString('base64url'),
        '',
      ])
        expect(await statusOf(api, `${header}.${body}.${form}`)).toBe(401)
    })
  })

  describe('M9: only one form of the header admits', () => {
    const admitted = ['Bearer ', 'bearer ', 'BEARER ', 'JWT ', 'jwt ']
    test.each(admitted)('"%s" does', async (prefix) => {
      const headers = { Authorization: prefix + person.token }
      expect((await api.call(path, { headers })).status).toBe(200)
    })

    const refused: [string, (token: string) => string][] = [
      ['two spaces', (token) => `Bearer  ${token}`],
      ['a tab', (token) => `Bearer\t${token}`],
      ['no token', () => 'Bearer'],
      ['two words', () => 'Bearer x y'],
      ['no scheme', (token) => token],
      ['no space', (token) => `Bearer${token}`],
      ['Basic', (token) => `Basic ${token}`],
      ['Token', (token) => `Token ${token}`],
      ['a comma', (token) => `Bearer ${token},`],
      ['a list', (token) => `Bearer ${token}, Bearer ${token}`],
      ['quotes', (token) => `Bearer "${token}"`],
      ['something behind', (token) => `Bearer ${token} x`],
      ['two parts', (token) => `Bearer ${token.split('.').slice(0, 2).join('.')}`],
      ['four parts', (token) => `Bearer ${token}.x`],
    ]
    test.each(refused)('%s does not', async (_, make) => {
      const headers = { Authorization: make(person.token) }
      const answer = await api.call(path, { headers })
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="portcullis"')
    })

    test('two headers do not', async () => {
      const { hostname, port } = new URL(api.runner.origin)
      const { request } = await import('node:http')
      const status = await new Promise((resolve, reject) => {
        const value = `Bearer ${person.token}`
        const headers = ['Authorization', value, 'Authorization', value, 'Host', hostname]
        const sent = request({ hostname, port, path: '/api/v1/private', headers }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
        sent.on('error', reject).end()
      })
      expect(status).toBe(401)
    })
  })

  test('M3: a token is never read from the query or the body', async () => {
    const { token } = person
    for (const name of ['token', 'access_token', 'jwt', 'Authorization'])
      expect((await api.call(`${path}?${name}=${token}`)).status).toBe(401)
    const body = { token, access_token: token, username: 'x', password: 'y' }
    expect((await api.call('POST /api/v1/pupils', { body })).status).toBe(401)
    const headers = { Cookie: `token=${token}`, 'X-Access-Token': token }
    expect((await api.call(path, { headers })).status).toBe(401)
  })

  test('M19: what a token claims gives no right; what the session was granted does', async () => {
    const scope = 'users:read users:write users:admin account'
    const token = await signed({ role: 'admin', scope })
    const answer = await api.call('GET /api/v1/users', { token })
    expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
    const [header, , signature] = person.token.split('.')
    const claims = { ...claimsOf(person.token), role: 'admin', scope }
    const altered = `${header}.${encoded(claims)}.${signature}`
    expect((await api.call('GET /api/v1/users', { token: altered })).status).toBe(401)
  })

  test('a token may do less than its session, where it says less', async () => {
    const narrow = await signed({ scope: 'users:read' })
    const mine = { token: narrow }
    expect((await api.call('GET /api/v1/users/me', mine)).status).toBe(200)
    const answer = await api.call('GET /api/v1/auth/sessions', mine)
    expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
    const nothing = await signed({ scope: '' })
    expect((await api.call('GET /api/v1/users/me', { token: nothing })).status).toBe(403)
    expect(await statusOf(api, nothing)).toBe(200)
  })

  test('a user whose role is no longer declared signs in with no scope, and may do nothing', async () => {
    const { username } = await api.signUp()
    const { model, dynamodbEndpoint: endpoint } = api.runner
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const client = new DynamoDBClient({ endpoint, region: model.region, credentials })
    await client.send(
      new UpdateItemCommand({
        TableName: physicalName(model, 'credentials'),
        Key: { username: { S: username } },
        UpdateExpression: 'SET #role = :role',
        ExpressionAttributeNames: { '#role': 'role' },
        ExpressionAttributeValues: { ':role': { S: 'clerk' } },
      }),
    )
    client.destroy()
    const later = await api.signIn(username, password)
    expect(claimsOf(later.token).scope).toBe('')
    const sent = { token: later.token }
    expect((await api.call('GET /api/v1/users/me', sent)).status).toBe(403)
    const wanting = { username, password, scope: 'pupils:read' }
    expect((await api.call('POST /api/v1/auth/login', { body: wanting })).status).toBe(422)
    expect((await refreshed(api, later.refreshToken)).body.scope).toBe('')
    expect((await api.call('POST /api/v1/auth/logout', sent)).status).toBe(204)
  })

  test('a session may do less than a token says', async () => {
    const { username } = person
    const narrow = await api.signIn(username, password, { scope: 'users:read' })
    const wide = { sid: narrow.sessionId, scope: claimsOf(person.token).scope }
    const answer = await api.call('GET /api/v1/auth/sessions', { token: await signed(wide) })
    expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
  })

  test('M6: no key that is published can sign', async () => {
    const { body } = await api.call('GET /.well-known/jwks.json')
    expect(body.keys.length).toBeGreaterThan(0)
    for (const key of body.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(key).toMatchObject({ alg: 'ES256', use: 'sig', kty: 'EC' })
    }
  })
})
