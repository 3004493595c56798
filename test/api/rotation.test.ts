import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { seal } from '../../functions/auth/tokens/opaque-tokens.ts'
import { scratch, synthesize } from '../assembly.ts'
import {
  expectCleanLogs,
  inParallel,
  keyRingIn,
  refreshed,
  repetitions,
  securityEvents,
  sessionsOf,
  statusOf,
  times,
} from '../auth/support.ts'
import { testStage } from '../stage.ts'
import { claimsOf, type Person, password, useApi } from './harness.ts'

interface ListedKey {
  readonly id: string
  readonly use: string
  readonly current: boolean
  readonly endsAt?: string
}

const algorithms = ['ES256', 'HS256'] as const

describe.each(algorithms)('keys of %s', (algorithm) => {
  const dataDir = join(scratch, `keys-${algorithm}`)
  const symmetric = algorithm === 'HS256'
  let whenKept: { readonly by: string; readonly run: () => Promise<unknown> } | undefined
  const api = useApi(async () => ({
    direct: false,
    dataDir,
    intercept: async ({ function: name, operation }) => {
      if (operation !== 'PutSecretValue' || name !== whenKept?.by) return undefined
      const { run } = whenKept
      whenKept = undefined
      await run()
      return undefined
    },
    ...(symmetric && { assembly: await synthesize({ ...testStage, algorithm }) }),
  }))
  afterAll(() => expectCleanLogs(api, [password]))

  const admin = async (command: string, more = {}): Promise<ListedKey[]> =>
    ((await api.runner.invoke('admin', { command, ...more })) as { keys: ListedKey[] }).keys
  const current = async (use = 'access tokens') =>
    (await admin('list-keys')).find((key) => key.use === use && key.current)?.id ?? ''
  const kidOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
  const stepsOf = () => {
    const ClientRequestToken = crypto.randomUUID()
    const SecretId = api.runner.model.rotations[0]?.secretArn
    return async (...names: string[]) => {
      for (const Step of names)
        await api.runner.invoke('rotate-keys', { Step, SecretId, ClientRequestToken })
    }
  }
  const untilFinish = ['createSecret', 'setSecret', 'testSecret']
  const published = async (): Promise<string[]> => {
    const { body } = await api.call('GET /.well-known/jwks.json')
    return body.keys.map(({ kid }: { kid: string }) => kid)
  }

  const perRotation = repetitions(500, 10)
  test(`rotated every 40 s for 10 minutes, ${perRotation} requests each time: no wrong 401`, async () => {
    const person = await api.signUp()
    const sessions = [person, ...(await sessionsOf(api, person, 9))]
    // Signs in so often that older sessions give way.
    const visitor = await api.signUp()
    const held = sessions.map(({ token, refreshToken }) => ({ token, refreshToken }))
    const kids = new Set<string>()
    for (const _ of times(15, String)) {
      api.runner.clock.advance(40_000)
      const rotating = api.runner.rotate()
      // A tenth of the requests are refreshes and logins, whose tokens are used at once.
      const statuses = await inParallel(times(perRotation, Number), 16, async (index) => {
        const one = held[(index % 20 === 9 ? Math.floor(index / 20) : index) % held.length]
        if (!one) throw new Error('no session')
        if (index % 10 !== 9) return statusOf(api, one.token)
        if (index % 20 !== 9) {
          const { username, deviceToken: device_token } = visitor
          const { token } = await api.signIn(username, password, { device_token })
          return statusOf(api, token)
        }
        const answer = await refreshed(api, one.refreshToken)
        one.token = answer.body.access_token
        one.refreshToken = answer.body.refresh_token
        kids.add(kidOf(one.token))
        return statusOf(api, one.token)
      })
      await rotating
      expect(statuses.filter((status) => status !== 200)).toEqual([])
      for (const { token } of held) expect(await statusOf(api, token)).toBe(200)
      if (symmetric) expect(await published()).toEqual([])
    }
    expect(kids.size).toBeGreaterThan(1)
    // What was signed before the first rotation is still good.
    expect(await statusOf(api, person.token)).toBe(200)
  })

  test('a session outlives every rotation within its time', async () => {
    const person = await api.signUp()
    let { refreshToken } = person
    for (const _ of times(3, String)) {
      api.runner.clock.advance(29 * 24 * 60 * 60 * 1000)
      await api.runner.rotate()
      const { status, body } = await refreshed(api, refreshToken)
      expect(status).toBe(200)
      refreshToken = body.refresh_token
      expect(await statusOf(api, body.access_token)).toBe(200)
    }
  })

  test('an old key is gone when the last token has ended that it signed', async () => {
    const old = await current()
    const { token } = await api.signUp()
    expect(kidOf(token)).toBe(old)
    await admin('rotate-keys')
    const listed = (await admin('list-keys')).find(({ id }) => id === old)
    const ends = Date.parse(listed?.endsAt ?? '') - api.runner.clock.now()
    expect(ends).toBeGreaterThan(22 * 60_000)
    expect(ends).toBeLessThan(27 * 60_000)
    if (!symmetric) expect(await published()).toContain(old)
    // The old key signs for as long as somebody may have an older list of keys.
    api.runner.clock.advance(6.9 * 60_000)
    const last = await api.signUp()
    expect(kidOf(last.token)).toBe(old)
    api.runner.clock.advance(7 * 60_000)
    expect(await statusOf(api, token)).toBe(200)
    api.runner.clock.advance(7.9 * 60_000)
    expect(await statusOf(api, last.token)).toBe(200)
    api.runner.clock.advance(4 * 60_000)
    expect(await statusOf(api, last.token)).toBe(401)
    expect(await published()).not.toContain(old)
  })

  if (!symmetric)
    test('made-up ids before a rotation keep nobody out after it', async () => {
      const { token } = await api.signUp()
      const [, claims, signature] = token.split('.')
      const madeUp = async () => {
        for (const kid of times(12, (at) => `made-up-${at}`)) {
          const header = Buffer.from(JSON.stringify({ alg: algorithm, kid, typ: 'at+jwt' }))
          await statusOf(api, `${header.toString('base64url')}.${claims}.${signature}`)
        }
      }
      await madeUp()
      await admin('rotate-keys')
      const kids = new Set<string>()
      // A verifier that keeps its list as long as it may still never meets a key unknown to it.
      for (const _ of times(9, String)) {
        const known = await published()
        for (const seconds of [1, 298, 1]) {
          api.runner.clock.advance(seconds * 1000)
          await madeUp()
          const person = await api.signUp()
          kids.add(kidOf(person.token))
          expect(known).toContain(kidOf(person.token))
          expect(await statusOf(api, person.token)).toBe(200)
        }
        if (kids.size > 1) break
      }
      expect(kids.size).toBe(2)
    })

  test('a withdrawn key is refused within a minute, and what it signed with it', async () => {
    const person = await api.signUp()
    const kid = await current()
    expect(kidOf(person.token)).toBe(kid)
    expect(await statusOf(api, person.token)).toBe(200)
    await admin('withdraw-key', { key: kid })
    expect(await published()).not.toContain(kid)
    api.runner.clock.advance(61_000)
    expect(await statusOf(api, person.token)).toBe(401)
    // Nobody has to sign in again: the session has not ended, only this key's tokens.
    const { status, body } = await refreshed(api, person.refreshToken)
    expect(status).toBe(200)
    expect(kidOf(body.access_token)).not.toBe(kid)
    expect(await statusOf(api, body.access_token)).toBe(200)
    expect((await admin('list-keys')).map(({ id }) => id)).not.toContain(kid)
    await api.runner.rotate()
    api.runner.clock.advance(61_000)
    expect(await statusOf(api, person.token)).toBe(401)
    const [event] = securityEvents(api)
      .filter(({ event }) => event === 'key_withdrawn')
      .slice(-1)
    expect(event).toMatchObject({ key: kid, by: 'operator' })
  })

  test('a key that is withdrawn days after it replaced another keeps nobody out', async () => {
    await admin('rotate-keys')
    api.runner.clock.advance(24 * 60 * 60 * 1000)
    const person = await api.signUp()
    const kid = await current()
    expect(kidOf(person.token)).toBe(kid)
    await admin('withdraw-key', { key: kid })
    api.runner.clock.advance(61_000)
    for (const _ of times(5, String)) {
      api.runner.clock.advance(2 * 60_000)
      const { token } = await api.signIn(person.username, password)
      expect(kidOf(token)).not.toBe(kid)
      expect(await statusOf(api, token)).toBe(200)
    }
  })

  test('a withdrawn key of refresh tokens ends what it sealed, and nothing else', async () => {
    const person = await api.signUp()
    const key = await current('refresh tokens')
    expect(person.refreshToken.split('.')[1]).toBe(key)
    await admin('withdraw-key', { key })
    api.runner.clock.advance(61_000)
    expect((await refreshed(api, person.refreshToken)).body.code).toBe('invalid_grant')
    const later = await api.signIn(person.username, password)
    expect((await refreshed(api, later.refreshToken)).status).toBe(200)
  })

  test('what is no key cannot be withdrawn', async () => {
    await expect(admin('withdraw-key', { key: 'bogus' })).rejects.toThrow('There is no key bogus')
  })

  test('a token that another instance sealed with keys that this one has not read is known', async () => {
    const person = await api.signUp()
    await admin('rotate-keys')
    const { mac } = keyRingIn(dataDir)
    const [newest] = mac
    if (!newest) throw new Error('no key')
    const { id, sessionId } = person
    const sealed = seal('refresh', [id, sessionId, '0'], newest)
    api.runner.clock.advance(11_000)
    expect((await refreshed(api, sealed)).status).toBe(200)
  })

  test('steps of a rotation may come twice, and late', async () => {
    const { token } = await api.signUp()
    const [first, second] = [stepsOf(), stepsOf()]
    for (const name of [...untilFinish, 'finishSecret']) await first(name, name)
    const newest = () => keyRingIn(dataDir).signing[0]?.kid ?? ''
    const key = newest()
    await second('createSecret', 'setSecret')
    // The last step of the first rotation comes again when the second has published its key.
    const before = await admin('list-keys')
    await first('finishSecret')
    expect(await admin('list-keys')).toEqual(before)
    await second('testSecret', 'finishSecret')
    const listed = await admin('list-keys')
    expect(listed.find(({ id }) => id === key)?.endsAt).toBeDefined()
    const next = listed.find(({ id }) => id === newest())
    expect(next?.id).not.toBe(key)
    expect(next?.endsAt).toBeUndefined()
    expect(await statusOf(api, token)).toBe(200)
    api.runner.clock.advance(8 * 60_000 + 1000)
    const fresh = await api.signUp()
    expect(kidOf(fresh.token)).toBe(next?.id)
    expect(await statusOf(api, fresh.token)).toBe(200)
  })

  if (!symmetric)
    test('a key is published when it is made, so that late steps harm nobody', async () => {
      const step = stepsOf()
      const before = await published()
      await step('createSecret')
      const added = (await published()).filter((kid) => !before.includes(kid))
      expect(added).toHaveLength(1)
      // As where the step after it fails for a while.
      api.runner.clock.advance(9 * 60_000)
      await step('setSecret', 'testSecret', 'finishSecret')
      api.runner.clock.advance(61_000)
      const { token } = await api.signUp()
      expect([kidOf(token)]).toEqual(added)
      expect(await statusOf(api, token)).toBe(200)
    })

  test('a rotation that was overtaken does not bring a withdrawn key back', async () => {
    const person = await api.signUp()
    const step = stepsOf()
    await step(...untilFinish)
    const key = await current('refresh tokens')
    await admin('withdraw-key', { key })
    await expect(step('finishSecret')).rejects.toThrow('overtaken')
    expect((await admin('list-keys')).map(({ id }) => id)).not.toContain(key)
    api.runner.clock.advance(61_000)
    expect((await refreshed(api, person.refreshToken)).body.code).toBe('invalid_grant')
  })

  test('a key that is withdrawn while a rotation makes its ring does not come back', async () => {
    const person = await api.signUp()
    const key = await current('refresh tokens')
    const step = stepsOf()
    whenKept = { by: 'rotate-keys', run: () => admin('withdraw-key', { key }) }
    await step(...untilFinish)
    await expect(step('finishSecret')).rejects.toThrow('overtaken')
    expect((await admin('list-keys')).map(({ id }) => id)).not.toContain(key)
    api.runner.clock.advance(61_000)
    expect((await refreshed(api, person.refreshToken)).body.code).toBe('invalid_grant')
    // The next rotation is a new one.
    await api.runner.rotate()
  })

  test.each(['for the first time', 'once more'])(
    'a rotation that ends %s while another makes its ring leaves a key that signs',
    async (time) => {
      const person = await api.signUp()
      const step = stepsOf()
      await step(...untilFinish)
      if (time === 'once more') await step('finishSecret')
      whenKept = { by: 'admin', run: () => step('finishSecret') }
      await admin('rotate-keys')
      const key = keyRingIn(dataDir).signing[0]?.kid
      api.runner.clock.advance(18 * 60_000)
      const { token } = await api.signIn(person.username, password)
      expect(kidOf(token)).toBe(key)
      expect(await statusOf(api, token)).toBe(200)
    },
  )

  if (!symmetric)
    test('a key that is withdrawn before its rotation ends never signs', async () => {
      const before = await published()
      const step = stepsOf()
      await step(...untilFinish)
      const [key] = (await published()).filter((kid) => !before.includes(kid))
      await admin('withdraw-key', { key })
      await expect(step('finishSecret')).rejects.toThrow('overtaken')
      expect(await published()).not.toContain(key)
      expect(keyRingIn(dataDir).signing.map(({ kid }) => kid)).not.toContain(key)
    })

  test('ids of keys that anybody makes up cost few reads', async () => {
    const { token } = await api.signUp()
    const [, body, signature] = token.split('.')
    api.runner.clock.advance(61_000)
    api.runner.calls.reset()
    for (const kid of times(30, (at) => `made-up-${at}`)) {
      const header = Buffer.from(JSON.stringify({ alg: algorithm, kid, typ: 'at+jwt' }))
      expect(await statusOf(api, `${header.toString('base64url')}.${body}.${signature}`)).toBe(401)
    }
    const reads = api.runner.calls().filter((call) => call.function === 'authorizer')
    expect(reads.length).toBeGreaterThan(1)
    expect(reads.length).toBeLessThanOrEqual(3)
    expect(await statusOf(api, token)).toBe(200)
  })

  test('ids that are made up after a key was withdrawn keep tokens of the next out for two seconds', async () => {
    const { token } = await api.signUp()
    const [, body, signature] = token.split('.')
    api.runner.clock.advance(61_000)
    expect(await statusOf(api, token)).toBe(200)
    for (const kid of times(12, (at) => `made-up-${at}`)) {
      const header = Buffer.from(JSON.stringify({ alg: algorithm, kid, typ: 'at+jwt' }))
      await statusOf(api, `${header.toString('base64url')}.${body}.${signature}`)
    }
    const withdrawn = await current()
    await admin('withdraw-key', { key: withdrawn })
    // Login reads the keys again before the authorizer has to.
    await api.runner.functions.kill('login')
    await api.runner.functions.kill('signup')
    const next = await api.signUp()
    expect(kidOf(next.token)).not.toBe(withdrawn)
    api.runner.clock.advance(2_000)
    expect(await statusOf(api, next.token)).toBe(200)
    // The withdrawn key is remembered for as long as it would have been anyway.
    expect(await statusOf(api, token)).toBe(200)
    api.runner.clock.advance(60_000)
    expect(await statusOf(api, token)).toBe(401)
  })

  test('tokens are of the configured algorithm, for 15 minutes', async () => {
    const { token }: Person = await api.signUp()
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
    expect(header).toEqual({ alg: algorithm, kid: expect.any(String), typ: 'at+jwt' })
    const { iat, nbf, exp, auth_time, ...claims } = claimsOf(token)
    expect([nbf, exp]).toEqual([iat - 30, iat + 900])
    // The password was right a moment before the token was signed.
    expect(iat - auth_time).toBeGreaterThanOrEqual(0)
    expect(iat - auth_time).toBeLessThan(60)
    expect(claims.client_id).toBe(claims.aud)
    const names = ['aud', 'client_id', 'iss', 'jti', 'role', 'scope', 'sid', 'sub']
    expect(Object.keys(claims).sort()).toEqual(names)
  })
})
