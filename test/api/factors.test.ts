import { describe, expect, test } from 'vitest'
import { itemsOf, refreshed, securityEvents } from '../auth/support.ts'
import { withoutTime } from '../time.ts'
import { enrolled, type Factor, shownCode, wrongCode } from './authenticator.ts'
import { claimsOf, type Person, password, unique, useApi } from './harness.ts'

/** Happens just before the next change of a factor is written. */
let meanwhile: (() => Promise<unknown>) | undefined

const api = useApi({
  intercept: async ({ function: name, operation }) => {
    if (name !== 'factors' || operation !== 'TransactWriteItems') return undefined
    const run = meanwhile
    meanwhile = undefined
    await run?.()
    return undefined
  },
})
const login = 'POST /api/v1/auth/login'
const loginFactor = 'POST /api/v1/auth/login/factor'
const reauthenticate = 'POST /api/v1/auth/reauthenticate'
const list = 'GET /api/v1/auth/factors'

/** What the app shows, so many steps from now. */
const shown = (secret: string, offset = 0) => shownCode(api, secret, offset)

const step = () => api.runner.clock.advance(30_000)

type Enrolled = Person & Factor

interface Exported {
  readonly item: { readonly id: string }
  readonly factor?: true
}

/** Somebody with a second factor. */
async function enrol(person?: Person): Promise<Enrolled> {
  const user = person ?? (await api.signUp())
  return { ...user, ...(await enrolled(api, user.token)) }
}

async function challengeOf({ username }: Person, more: object = {}): Promise<string> {
  const { status, body } = await api.call(login, { body: { username, password, ...more } })
  expect([status, body.code]).toEqual([401, 'second_factor_required'])
  return body.challenge
}

const factor = (challenge: string, proof: object) =>
  api.call(loginFactor, { body: { challenge, ...proof } })

async function tokenOf(user: Enrolled, more: object = {}) {
  const { status, body, text } = await factor(await challengeOf(user), {
    code: shown(user.secret),
    ...more,
  })
  expect(status, text).toBe(200)
  step()
  return body as { access_token: string; refresh_token: string; device_token: string }
}

describe('a second factor', () => {
  test('is added by a secret for the app, and counts when its first code confirms it', async () => {
    const user = await api.signUp()
    const { token } = user
    const { status, body, headers } = await api.call('POST /api/v1/auth/factors/totp', { token })
    expect(status).toBe(201)
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/)
    const uri = new URL(body.uri)
    expect(uri.protocol + uri.host).toBe('otpauth:totp')
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      ...{ secret: body.secret, issuer: 'Portcullis' },
      ...{ algorithm: 'SHA1', digits: '6', period: '30' },
    })
    expect(decodeURIComponent(uri.pathname)).toBe(`/Portcullis:${user.username}`)
    expect(headers.get('location')).toBe(`/api/v1/auth/factors/${body.id}`)
    // The factor does not count yet.
    await api.signIn(user.username, password)
    const confirm = `POST /api/v1/auth/factors/${body.id}/confirm`
    const wrong = await api.call(confirm, { token, body: { code: wrongCode(api, body.secret) } })
    expect([wrong.status, wrong.body.code]).toEqual([401, 'invalid_code'])
    const right = await api.call(confirm, { token, body: { code: shown(body.secret) } })
    expect(right.status).toBe(200)
    expect(new Set(right.body.recoveryCodes).size).toBe(10)
    for (const code of right.body.recoveryCodes) expect(code).toMatch(/^[A-Z2-7]{24}$/)
    const { body: listed } = await api.call(list, { token })
    const [{ createdAt, lastUsedAt, ...rest }] = listed.items
    expect(rest).toEqual({ id: body.id, kind: 'totp', confirmed: true })
    expect(Date.parse(createdAt)).toBeLessThanOrEqual(Date.parse(lastUsedAt))
    expect(listed.recoveryCodesLeft).toBe(10)
    expect((await api.call(confirm, { token, body: { code: '000000' } })).status).toBe(404)
  })

  test('ends the other sessions and all keys when it is the first', async () => {
    const user = await api.signUp()
    const other = await api.signIn(user.username, password)
    const { body: key } = await api.call('POST /api/v1/auth/keys', {
      token: user.token,
      body: { name: 'a key', scope: 'pupils:read' },
    })
    await enrol(user)
    const statuses = [user.token, other.token, key.key].map(
      async (token) => (await api.call('GET /api/v1/pupils', { token })).status,
    )
    expect(await Promise.all(statuses)).toEqual([200, 401, 401])
  })

  test('is one of five at most, and one that nobody confirms is gone after ten minutes', async () => {
    const { token, username } = await api.signUp()
    const add = () => api.call('POST /api/v1/auth/factors/totp', { token })
    const made = await Promise.all(Array.from({ length: 8 }, add))
    const statuses = made.map(({ status }) => status).sort()
    expect(statuses).toEqual([201, 201, 201, 201, 201, 409, 409, 409])
    api.runner.clock.advance(601_000)
    const later = await api.signIn(username, password)
    const { body } = await api.call(list, { token: later.token })
    expect(body).toEqual({ items: [], recoveryCodesLeft: 0 })
    const id = made.find(({ status }) => status === 201)?.body.id
    const code = { body: { code: '000000' }, token: later.token }
    expect((await api.call(`POST /api/v1/auth/factors/${id}/confirm`, code)).status).toBe(404)
    const again = await api.call('POST /api/v1/auth/factors/totp', { token: later.token })
    expect(again.status).toBe(201)
  })

  test('that was removed is owed no more, and the last one takes the recovery codes along', async () => {
    const user = await enrol()
    const { token } = user
    const path = `DELETE /api/v1/auth/factors/${user.factorId}`
    const challenge = await challengeOf(user)
    const other = await api.signUp()
    expect((await api.call(path, { token: other.token })).status).toBe(404)
    expect((await api.call(path, { token })).status).toBe(204)
    expect((await api.call(path, { token })).status).toBe(404)
    const { body } = await api.call(list, { token })
    expect(body).toEqual({ items: [], recoveryCodesLeft: 0 })
    expect((await factor(challenge, { code: shown(user.secret) })).status).toBe(401)
    const signedIn = await api.signIn(user.username, password)
    expect(signedIn.deviceToken).toBeTruthy()
  })

  test('is not added to an account that is deleted meanwhile', async () => {
    const { id, token } = await api.signUp()
    meanwhile = () => api.call('DELETE /api/v1/users/me', { token })
    const added = await api.call('POST /api/v1/auth/factors/totp', { token })
    expect([added.status, added.body.code]).toEqual([401, 'unauthorized'])
    const rows = (await itemsOf(api, 'sessions')).filter(({ userId }) => userId?.S === id)
    expect(rows).toEqual([])
  })

  test.each([
    ['confirmed', 'POST', '/confirm'],
    ['removed', 'DELETE', ''],
  ])('is not %s by a session that ends meanwhile', async (_, method, act) => {
    const { username, token } = await api.signUp()
    const { token: other } = await api.signIn(username, password)
    const { body: added } = await api.call('POST /api/v1/auth/factors/totp', { token })
    meanwhile = () => api.call('DELETE /api/v1/auth/sessions?keep=current', { token: other })
    const body = act === '' ? undefined : { code: shown(added.secret) }
    const path = `/api/v1/auth/factors/${added.id}${act}`
    const refused = await api.call(`${method} ${path}`, { token, body })
    expect([refused.status, refused.body.code]).toEqual([401, 'unauthorized'])
    const { body: factors } = await api.call(list, { token: other })
    expect(factors.items).toMatchObject([{ id: added.id, confirmed: false }])
  })

  test('is changed by a fresh session alone', async () => {
    const user = await enrol()
    const { token } = user
    api.runner.clock.advance(601_000)
    for (const route of [
      'POST /api/v1/auth/factors/totp',
      'POST /api/v1/auth/factors/recovery',
      `DELETE /api/v1/auth/factors/${user.factorId}`,
      `POST /api/v1/auth/factors/${user.factorId}/confirm`,
    ]) {
      const { status, body } = await api.call(route, { token, body: { code: '000000' } })
      expect([status, body.code], route).toEqual([403, 'reauthentication_required'])
    }
    const proof = (body: object) => api.call(reauthenticate, { token, body })
    const byPassword = await proof({ password })
    expect([byPassword.status, byPassword.body.code]).toEqual([401, 'second_factor_required'])
    expect((await proof({ code: wrongCode(api, user.secret) })).status).toBe(401)
    const code = shown(user.secret)
    expect((await proof({ code })).status).toBe(204)
    expect((await proof({ code })).status).toBe(401)
    const renewed = await api.call('POST /api/v1/auth/factors/recovery', { token })
    expect(renewed.status).toBe(200)
    api.runner.clock.advance(1000)
    const [recoveryCode] = user.recoveryCodes
    expect((await proof({ recoveryCode })).status).toBe(401)
    expect((await proof({ recoveryCode: renewed.body.recoveryCodes[0] })).status).toBe(204)
    expect((await proof({ code, password })).status).toBe(422)
  })
})

describe('signing in with a second factor', () => {
  test('gives no token for the password alone, whatever else is sent', async () => {
    const user = await enrol()
    const { username, deviceToken: device_token } = user
    for (const more of [{}, { device_token }, { scope: 'pupils:read' }, { cookie: true }]) {
      const { status, body, text, headers } = await api.call(login, {
        body: { username, password, ...more },
      })
      expect([status, body.code]).toEqual([401, 'second_factor_required'])
      expect([body.factors, body.expiresIn]).toEqual([['totp'], 300])
      expect(text).not.toMatch(/token/)
      expect(headers.get('set-cookie')).toBeNull()
    }
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    const { status, body } = await api.call(login, { headers: { Authorization: `Basic ${basic}` } })
    expect([status, body.code]).toEqual([401, 'second_factor_required'])
    const challenge = { refresh_token: body.challenge }
    expect((await api.call('POST /api/v1/auth/refresh', { body: challenge })).status).toBe(401)
    expect((await api.call('GET /api/v1/pupils', { token: body.challenge })).status).toBe(401)
    const { body: sessions } = await api.call('GET /api/v1/auth/sessions', { token: user.token })
    expect(sessions.items).toHaveLength(1)
  })

  test('sets the cookie of the challenge for no origin that is not allowed', async () => {
    const user = await enrol()
    const challenge = await challengeOf(user, { cookie: true })
    const body = { challenge, code: shown(user.secret) }
    const headers = { Origin: 'https://evil.example' }
    const refused = await api.call(loginFactor, { body, headers })
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
    expect(refused.headers.get('set-cookie')).toBeNull()
    const uncounted = await api.call(loginFactor, { body: { ...body, cookie: false }, headers })
    expect(uncounted.status).toBe(200)
    step()
  })

  test('tells the operator that a password was right', async () => {
    const user = await enrol()
    await challengeOf(user)
    const asked = securityEvents(api).filter(({ event }) => event === 'factor_asked')
    expect(asked.at(-1)).toMatchObject({ userId: user.id })
  })

  test('takes the present and the previous code, and no other', async () => {
    const user = await enrol()
    api.runner.clock.advance(300_000)
    const statuses: number[] = []
    await withoutTime(api.runner.clock, async () => {
      for (const offset of [-2, 1, -1, 0, 0]) {
        const code = shown(user.secret, offset)
        statuses.push((await factor(await challengeOf(user), { code })).status)
      }
    })
    expect(statuses).toEqual([401, 401, 200, 200, 401])
  })

  test('counts no step twice, whatever it was used for', async () => {
    const user = await enrol()
    const code = shown(user.secret)
    const proof = { token: user.token, body: { code } }
    expect((await api.call(reauthenticate, proof)).status).toBe(204)
    expect((await factor(await challengeOf(user), { code })).status).toBe(401)
    step()
    // It is the previous code now.
    expect((await factor(await challengeOf(user), { code })).status).toBe(401)
    const next = { code: shown(user.secret) }
    expect((await factor(await challengeOf(user), next)).status).toBe(200)
  })

  test('has one session of parallel tries with one code, and with one challenge', async () => {
    const user = await enrol()
    const challenges = await Promise.all(Array.from({ length: 8 }, () => challengeOf(user)))
    const code = shown(user.secret)
    const tries = await Promise.all(challenges.map((challenge) => factor(challenge, { code })))
    expect(tries.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)])
    step()
    const challenge = await challengeOf(user)
    const proofs = user.recoveryCodes.slice(0, 5).map((recoveryCode) => ({ recoveryCode }))
    const one = await Promise.all(proofs.map((proof) => factor(challenge, proof)))
    expect(one.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401])
    expect((await factor(challenge, { code: shown(user.secret) })).status).toBe(401)
    const { body } = await api.call(list, { token: user.token })
    expect(body.recoveryCodesLeft).toBe(9)
  })

  test('takes each recovery code once, in any case and with hyphens', async () => {
    const user = await enrol()
    for (const [index, code] of user.recoveryCodes.entries()) {
      const typed = code.toLowerCase().replace(/(.{4})(?=.)/g, '$1-')
      const recoveryCode = index % 2 === 0 ? typed : code
      expect((await factor(await challengeOf(user), { recoveryCode })).status).toBe(200)
      const again = await factor(await challengeOf(user), { recoveryCode: code })
      expect([again.status, again.body.code]).toEqual([401, 'invalid_code'])
    }
    const { body } = await api.call(list, { token: user.token })
    expect(body.recoveryCodesLeft).toBe(0)
  })

  test('begins what the login asked for, and tells of a refused scope after the code', async () => {
    const user = await enrol()
    const narrow = await challengeOf(user, { scope: 'pupils:read' })
    const { body } = await factor(narrow, { code: shown(user.secret) })
    expect(body.scope).toBe('pupils:read')
    expect(claimsOf(body.access_token).scope).toBe('pupils:read')
    step()
    const refused = await challengeOf(user, { scope: 'users:admin' })
    expect((await factor(refused, { code: wrongCode(api, user.secret) })).status).toBe(401)
    expect((await factor(refused, { code: shown(user.secret) })).status).toBe(422)
    const inCookie = await challengeOf(user, { cookie: true })
    const cookie = await factor(inCookie, { code: shown(user.secret) })
    expect([cookie.status, cookie.body.refresh_token]).toEqual([200, undefined])
    expect(cookie.headers.get('set-cookie')).toMatch(/^__Host-refresh=/)
  })

  test('ends with the challenge: after 300 seconds, and with what ends sessions', async () => {
    const user = await enrol()
    await withoutTime(api.runner.clock, async () => {
      const late = await challengeOf(user)
      api.runner.clock.advance(300_000)
      expect((await factor(late, { code: shown(user.secret) })).status).toBe(401)
      const inTime = await challengeOf(user)
      api.runner.clock.advance(299_000)
      expect((await factor(inTime, { code: shown(user.secret) })).status).toBe(200)
    })
    step()
    for (const keep of ['', '?keep=current']) {
      const { access_token: token } = await tokenOf(user)
      const challenge = await challengeOf(user)
      expect((await api.call(`DELETE /api/v1/auth/sessions${keep}`, { token })).status).toBe(204)
      const { status, body } = await factor(challenge, { code: shown(user.secret) })
      expect([status, body.code], keep).toEqual([401, 'invalid_code'])
    }
  })

  test.each([{ role: 'editor' }, { disabled: true }])('ends with %j', async (change) => {
    const user = await enrol()
    const challenge = await challengeOf(user)
    const { token } = await api.signIn('admin', password)
    const path = `PATCH /api/v1/users/${user.id}`
    expect((await api.call(path, { token, body: change })).status).toBe(200)
    expect((await factor(challenge, { code: shown(user.secret) })).status).toBe(401)
  })

  test('goes on with a new password, and ends with the account', async () => {
    const user = await enrol()
    const challenge = await challengeOf(user)
    const { token } = user
    const newPassword = 'another horse battery'
    const change = { currentPassword: password, newPassword }
    expect((await api.call('POST /api/v1/auth/password', { token, body: change })).status).toBe(204)
    expect((await factor(challenge, { code: shown(user.secret) })).status).toBe(401)
    const { username } = user
    const again = await api.call(login, { body: { username, password: newPassword } })
    expect([again.status, again.body.code]).toEqual([401, 'second_factor_required'])
    expect((await api.call('DELETE /api/v1/users/me', { token })).status).toBe(204)
    const gone = await factor(again.body.challenge, { code: shown(user.secret) })
    expect([gone.status, gone.body.code]).toEqual([401, 'invalid_code'])
  })

  test('takes the challenge of nobody else, and none that was altered', async () => {
    const [user, other] = [await enrol(), await enrol()]
    const code = shown(user.secret)
    expect((await factor(await challengeOf(other), { code })).status).toBe(401)
    const challenge = await challengeOf(user)
    for (const altered of [`${challenge}x`, challenge.slice(0, -2), 'x', user.refreshToken])
      expect((await factor(altered, { code })).status).toBe(401)
    expect((await factor(challenge, { code })).status).toBe(200)
  })
})

describe('wrong codes', () => {
  const tries = async (user: Enrolled, count: number, more: object = {}) => {
    const challenge = await challengeOf(user)
    const code = wrongCode(api, user.secret)
    const answers = []
    for (let index = 0; index < count; index++)
      answers.push((await factor(challenge, { code, ...more })).status)
    return answers
  }

  test('are looked at ten times, however many come at once, and right ones no more then', async () => {
    const user = await enrol()
    const challenge = await challengeOf(user)
    const code = wrongCode(api, user.secret)
    const answers = await Promise.all(Array.from({ length: 20 }, () => factor(challenge, { code })))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([...Array(10).fill(401), ...Array(10).fill(429)])
    const right = await factor(challenge, { code: shown(user.secret) })
    expect(right.status).toBe(429)
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0)
    // Recovery codes have ten tries of their own.
    const [recoveryCode] = user.recoveryCodes
    expect((await factor(challenge, { recoveryCode })).status).toBe(200)
    const logged = api.logs
      .map((line) => JSON.parse(line))
      .filter(({ userId }) => userId === user.id)
    const events = logged.map(({ event }) => event)
    expect(events.filter((event) => event === 'factor_failed')).toHaveLength(10)
    expect(events.filter((event) => event === 'factor_throttled')).toHaveLength(11)
  })

  test('of others leave a device alone that has signed in with the factor before', async () => {
    const user = await enrol()
    const { device_token } = await tokenOf(user)
    expect(await tries(user, 11)).toEqual([...Array(10).fill(401), 429])
    const challenge = await challengeOf(user)
    const code = shown(user.secret)
    const stranger = (await api.signUp()).deviceToken
    expect((await factor(challenge, { code, device_token: stranger })).status).toBe(429)
    expect((await factor(challenge, { code, device_token })).status).toBe(200)
    step()
    expect(await tries(user, 11, { device_token })).toEqual([...Array(10).fill(401), 429])
  })

  test('are not right ones, whatever scope is refused', async () => {
    const user = await enrol()
    const challenge = await challengeOf(user, { scope: 'users:admin' })
    const code = shown(user.secret)
    for (let index = 0; index < 12; index++)
      expect((await factor(challenge, { code })).status).toBe(422)
    await tokenOf(user)
  })

  test('are fifty a day', async () => {
    const user = await enrol()
    for (let round = 0; round < 5; round++) {
      expect(await tries(user, 10)).toEqual(Array(10).fill(401))
      api.runner.clock.advance(901_000)
    }
    expect(await tries(user, 1)).toEqual([429])
  })

  test('are two hundred a day with devices that have signed in before', async () => {
    const user = await enrol()
    const { device_token } = await tokenOf(user)
    for (let round = 0; round < 20; round++) {
      expect(await tries(user, 10, { device_token })).toEqual(Array(10).fill(401))
      api.runner.clock.advance(901_000)
    }
    expect(await tries(user, 1, { device_token })).toEqual([429])
  })

  test('are forgotten after a right one', async () => {
    const user = await enrol()
    for (const _ of [1, 2]) {
      expect(await tries(user, 9)).toEqual(Array(9).fill(401))
      await tokenOf(user)
    }
  })

  test('are counted by session where somebody is signed in', async () => {
    const user = await enrol()
    const { access_token: token } = await tokenOf(user)
    const body = { code: wrongCode(api, user.secret) }
    const statuses = []
    for (let index = 0; index < 11; index++)
      statuses.push((await api.call(reauthenticate, { token, body })).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429])
    const right = { code: shown(user.secret) }
    expect((await api.call(reauthenticate, { token, body: right })).status).toBe(429)
    expect((await api.call(reauthenticate, { token: user.token, body: right })).status).toBe(204)
    step()
    await tokenOf(user)
  })

  test('are two hundred a day in a session', async () => {
    const user = await enrol()
    const body = { code: wrongCode(api, user.secret) }
    let tokens = await tokenOf(user)
    const tries = async (count: number) => {
      const statuses = []
      for (let index = 0; index < count; index++)
        statuses.push((await api.call(reauthenticate, { token: tokens.access_token, body })).status)
      return statuses
    }
    for (let round = 0; round < 20; round++) {
      expect(await tries(10)).toEqual(Array(10).fill(401))
      api.runner.clock.advance(901_000)
      tokens = (await refreshed(api, tokens.refresh_token)).body
    }
    expect(await tries(1)).toEqual([429])
    const other = await tokenOf(user)
    const right = { code: shown(user.secret) }
    const proved = await api.call(reauthenticate, { token: other.access_token, body: right })
    expect(proved.status).toBe(204)
    step()
  })

  test('a password without its factor does not clear what was counted', async () => {
    const user = await enrol()
    const { username } = user
    const wrong = { body: { username, password: 'not the password' } }
    const statuses = []
    for (let index = 0; index < 9; index++) statuses.push((await api.call(login, wrong)).status)
    await challengeOf(user)
    statuses.push((await api.call(login, wrong)).status, (await api.call(login, wrong)).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429])
    api.runner.clock.advance(901_000)
    for (let index = 0; index < 9; index++) await api.call(login, wrong)
    await tokenOf(user)
    expect((await api.call(login, wrong)).status).toBe(401)
    expect((await api.call(login, wrong)).status).toBe(401)
  })
})

describe('the operator', () => {
  async function exportedOf({ id }: Person): Promise<Exported> {
    const page = { command: 'export-page', resource: 'users' }
    const { records } = (await api.runner.invoke('admin', page)) as { records: Exported[] }
    const record = records.find(({ item }) => item.id === id)
    if (!record) throw new Error('The user is not exported')
    return record
  }

  test('exports that a factor is owed, and who is imported so has no way around it', async () => {
    const user = await enrol()
    const record = await exportedOf(user)
    expect(record.factor).toBe(true)
    const username = unique()
    const imported = { ...record, item: { username } }
    const batch = { command: 'import-batch', resource: 'users', records: [imported] }
    expect(await api.runner.invoke('admin', batch)).toEqual({ outcomes: ['created'] })
    const challenge = await challengeOf({ ...user, username })
    expect((await factor(challenge, { code: shown(user.secret) })).status).toBe(401)
    await api.runner.invoke('admin', { command: 'reset-factors', username })
    await api.signIn(username, password)
  })

  test('imports the recovery codes, which a factor that nobody confirmed leaves', async () => {
    const user = await enrol()
    const records = [await exportedOf(user)]
    expect((await api.call('DELETE /api/v1/users/me', { token: user.token })).status).toBe(204)
    const batch = { command: 'import-batch', resource: 'users', records }
    expect(await api.runner.invoke('admin', batch)).toEqual({ outcomes: ['created'] })
    const [first, second] = user.recoveryCodes
    const { body } = await factor(await challengeOf(user), { recoveryCode: first })
    const token = body.access_token
    const { body: added } = await api.call('POST /api/v1/auth/factors/totp', { token })
    const path = `DELETE /api/v1/auth/factors/${added.id}`
    expect((await api.call(path, { token })).status).toBe(204)
    const again = await factor(await challengeOf(user), { recoveryCode: second })
    expect(again.status, again.text).toBe(200)
  })

  test('imports who has none, as an empty list or not at all', async () => {
    const { item, ...record } = await exportedOf(await api.signUp())
    for (const more of [{}, { factors: [] }]) {
      const username = unique()
      const records = [{ ...record, ...more, item: { username } }]
      const batch = { command: 'import-batch', resource: 'users', records }
      expect(await api.runner.invoke('admin', batch)).toEqual({ outcomes: ['created'] })
      await api.signIn(username, password)
    }
  })

  test('removes the factors of somebody who has lost them, and ends the sessions', async () => {
    const user = await enrol()
    const { username } = user
    expect(await api.runner.invoke('admin', { command: 'reset-factors', username })).toEqual({
      userId: user.id,
      sessionsEnded: 1,
    })
    expect((await api.call(list, { token: user.token })).status).toBe(401)
    const { token } = await api.signIn(username, password)
    expect((await api.call(list, { token })).body).toEqual({ items: [], recoveryCodesLeft: 0 })
  })
})

test('nothing that was shown to the user is stored or logged', async () => {
  const user = await enrol(await api.signUp(unique('dumped')))
  const challenge = await challengeOf(user)
  await factor(challenge, { recoveryCode: user.recoveryCodes[0] })
  const dump = api.logs.join('\n')
  for (const text of [user.secret, challenge, ...user.recoveryCodes])
    expect(dump).not.toContain(text)
})
