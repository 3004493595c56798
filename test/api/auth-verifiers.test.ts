import { join } from 'node:path'
import { JwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { auth } from 'express-oauth2-jwt-bearer'
import buildGetJwks from 'get-jwks'
import * as jose from 'jose'
import { JwksClient } from 'jwks-rsa'
import * as oauth from 'oauth4webapi'
import { beforeAll, describe, expect, test } from 'vitest'
import { scratch, synthesize } from '../assembly.ts'
import { testStage } from '../stage.ts'
import { startApi, useApi, usePerson } from './harness.ts'

const audience = 'portcullis'
const mine = 'GET /api/v1/private'

test.each([
  ['ES256', 'RS256'],
  ['RS256', 'HS256'],
] as const)('a change from %s to %s has no minute of refused tokens', async (former, next) => {
  const deployed = async (algorithm: typeof former | typeof next) =>
    startApi({
      dataDir: join(scratch, `${former}-${next}`),
      parameters: () => ({ PublicUrl: 'https://api.example.org' }),
      assembly: await synthesize({ ...testStage, algorithm }),
    })
  const before = await deployed(former)
  const person = await before.signUp()
  await before.stop()
  // The keys are rotated with the deployment.
  const after = await deployed(next)
  const used = new Set<string | undefined>()
  for (const seconds of [0, 30, 61, 420]) {
    after.runner.clock.advance(seconds * 1000)
    const { token } = await after.signIn(person.username, person.password)
    used.add(jose.decodeProtectedHeader(token).alg)
    for (const held of [token, person.token])
      expect((await after.call(mine, { token: held })).status).toBe(200)
  }
  expect([...used]).toEqual([former, next])
  await after.stop()
})

/** Somebody else's service, which knows nothing of this one but its address. */
describe.each(['ES256', 'EdDSA', 'RS256'] as const)('tokens of %s are verified', (algorithm) => {
  const api = useApi(async () => ({ assembly: await synthesize({ ...testStage, algorithm }) }))
  const person = usePerson(api)
  let metadata: { issuer: string; jwks_uri: string; algorithms: string[] }
  beforeAll(async () => {
    const { body } = await api.call('GET /.well-known/openid-configuration')
    const algorithms = body.access_token_signing_alg_values_supported
    metadata = { issuer: body.issuer, jwks_uri: body.jwks_uri, algorithms }
  })

  test('by jose, from the discovery document alone', async () => {
    const { issuer, jwks_uri, algorithms } = metadata
    expect(algorithms).toEqual([algorithm])
    const keys = jose.createRemoteJWKSet(new URL(jwks_uri), { cooldownDuration: 0 })
    const options = { issuer, audience, algorithms, typ: 'at+jwt' }
    const { payload } = await jose.jwtVerify(person.token, keys, options)
    expect(payload).toMatchObject({ sub: person.id, sid: person.sessionId, iss: issuer })
    // Keys that were added since are found, and the earlier ones are still there.
    await api.runner.rotate()
    api.runner.clock.advance(8 * 60_000 + 1000)
    const later = await api.signUp()
    const currentDate = new Date(api.runner.clock.now())
    expect(jose.decodeProtectedHeader(later.token).kid).not.toBe(
      jose.decodeProtectedHeader(person.token).kid,
    )
    for (const { token } of [later, person])
      await jose.jwtVerify(token, keys, { ...options, currentDate })
    const [header, , signature] = person.token.split('.')
    const altered = `${header}.${later.token.split('.')[1]}.${signature}`
    await expect(jose.jwtVerify(altered, keys, { ...options, currentDate })).rejects.toThrow()
  })

  test('by aws-jwt-verify, from the discovery document alone', async () => {
    const { issuer, jwks_uri } = metadata
    // By default it fetches over https only, which nothing on this machine serves.
    const fetcher = {
      fetch: async (uri: string) => (await fetch(uri)).arrayBuffer(),
    }
    const verifier = JwtVerifier.create(
      { issuer, audience, jwksUri: jwks_uri, graceSeconds: 900 },
      { jwksCache: new SimpleJwksCache({ fetcher }) },
    )
    const fresh = await api.signUp()
    const payload = await verifier.verify(fresh.token)
    expect(payload).toMatchObject({ sub: fresh.id, sid: fresh.sessionId })
    const other = JwtVerifier.create(
      { issuer, audience: 'somebody else', jwksUri: jwks_uri, graceSeconds: 900 },
      { jwksCache: new SimpleJwksCache({ fetcher }) },
    )
    await expect(other.verify(fresh.token)).rejects.toThrow('Audience')
  })

  test('by oauth4webapi, as RFC 9068 says', async () => {
    const { runner } = api
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(runner.origin)
    const found = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' })
    const as = await oauth.processDiscoveryResponse(issuer, found)
    const asked = (token: string) =>
      new Request(issuer, { headers: { Authorization: `Bearer ${token}` } })
    const clockSkew = seconds(runner.clock.now() - Date.now())
    const options = { ...insecure, [oauth.clockSkew]: clockSkew }
    const fresh = await api.signUp()
    const claims = await oauth.validateJwtAccessToken(as, asked(fresh.token), audience, options)
    expect(claims).toMatchObject({ sub: fresh.id, client_id: audience })
    const altered = asked(`${fresh.token.slice(0, -8)}AAAAAAAA`)
    await expect(oauth.validateJwtAccessToken(as, altered, audience, options)).rejects.toThrow()
    const other = oauth.validateJwtAccessToken(as, asked(fresh.token), 'somebody else', options)
    await expect(other).rejects.toThrow()
  })

  test('by express-oauth2-jwt-bearer, strictly', async () => {
    const { issuer } = metadata
    const clockTolerance = Math.abs(seconds(api.runner.clock.now() - Date.now())) + 60
    const middleware = auth({ issuerBaseURL: issuer, audience, strict: true, clockTolerance })
    const fresh = await api.signUp()
    const passed = (authorization: string) =>
      new Promise((resolve) => {
        const headers = { authorization, host: 'api.example' }
        // As much of an Express request as it looks at.
        const request = {
          ...{ method: 'GET', url: '/', originalUrl: '/', protocol: 'https', query: {}, headers },
          is: () => false,
          get: (name: string) => new Headers(headers).get(name) ?? undefined,
        }
        middleware(request as never, {} as never, resolve)
      })
    expect(await passed(`Bearer ${fresh.token}`)).toBeUndefined()
    expect(await passed(`Bearer ${fresh.token.slice(0, -8)}AAAAAAAA`)).toMatchObject({
      status: 401,
    })
  })

  // Neither knows keys of Edwards curves.
  test.skipIf(algorithm === 'EdDSA')('by the keys of jwks-rsa and get-jwks', async () => {
    const fresh = await api.signUp()
    const { kid = '', alg = '' } = jose.decodeProtectedHeader(fresh.token)
    const found = await new JwksClient({ jwksUri: metadata.jwks_uri }).getSigningKey(kid)
    const keys = buildGetJwks({ providerDiscovery: true })
    const pems = [
      found.getPublicKey(),
      await keys.getPublicKey({ domain: metadata.issuer, alg, kid }),
    ]
    const currentDate = new Date(api.runner.clock.now())
    for (const pem of pems) {
      const key = await jose.importSPKI(pem, alg)
      const { payload } = await jose.jwtVerify(fresh.token, key, { audience, currentDate })
      expect(payload.sub).toBe(fresh.id)
    }
  })
})

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000)
}
