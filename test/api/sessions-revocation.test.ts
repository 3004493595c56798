import { afterAll, describe, expect, test } from 'vitest'
import { callEngine } from '../../bench/engine.ts'
import {
  expectCleanLogs,
  inParallel,
  refreshed,
  repetitions,
  sessionsOf,
  statusOf,
  times,
} from '../auth/support.ts'
import { physicalName } from '../invariants.ts'
import { type Person, password, useApi } from './harness.ts'

const perCause = repetitions(1000, 8)
/** A user has up to 50 sessions; one of them may be spared. */
const perUser = Math.min(50, perCause + 1)
const users = Math.ceil(perCause / (perUser - 1))

const api = useApi()
afterAll(() => expectCleanLogs(api, [password]))

/** Asserts that a call of the API did what it should. */
async function done(route: string, token: string, body?: unknown): Promise<void> {
  const answer = await api.call(route, { token, body })
  expect(answer.status, `${route}: ${answer.text}`).toBeLessThan(300)
}

const operator = (command: string, { username }: Person, more = {}) =>
  api.runner.invoke('admin', { command, username, ...more })

/** What ends one session, and no other of the same user. */
const ofOne: Record<string, (one: Person, neighbour: Person) => Promise<unknown>> = {
  'logging out': ({ token }) => done('POST /api/v1/auth/logout', token),
  'ending it from another session': ({ sessionId }, { token }) =>
    done(`DELETE /api/v1/auth/sessions/${sessionId}`, token),
  'ending it from itself': ({ sessionId, token }) =>
    done(`DELETE /api/v1/auth/sessions/${sessionId}`, token),
  'a refresh token that is used again': async ({ refreshToken }) => {
    const { body } = await refreshed(api, refreshToken)
    await refreshed(api, body.refresh_token)
    expect((await refreshed(api, refreshToken)).status).toBe(401)
  },
}

const user = ({ id }: Person) => `/api/v1/users/${id}`
const newPassword = 'another password'

/** What ends all sessions of a user, or all but the one that did it. */
const ofAll: Record<string, { end: (one: Person) => Promise<unknown>; spares?: true }> = {
  'ending all sessions': { end: ({ token }) => done('DELETE /api/v1/auth/sessions', token) },
  'ending all sessions but this': {
    end: ({ token }) => done('DELETE /api/v1/auth/sessions?keep=current', token),
    spares: true,
  },
  'changing the password': {
    end: ({ token }) =>
      done('POST /api/v1/auth/password', token, { currentPassword: password, newPassword }),
    spares: true,
  },
  'an admin who sets the password': {
    end: (one) => done(`POST ${user(one)}/password`, api.admin.token, { newPassword }),
  },
  'an admin who changes the role': {
    end: (one) => done(`PATCH ${user(one)}`, api.admin.token, { role: 'admin' }),
  },
  'an admin who disables the user': {
    end: (one) => done(`PATCH ${user(one)}`, api.admin.token, { disabled: true }),
  },
  'an admin who deletes the user': {
    end: (one) => done(`DELETE ${user(one)}`, api.admin.token),
  },
  'the user being deleted by oneself': { end: (one) => done('DELETE /api/v1/users/me', one.token) },
  'an operator who ends the sessions': { end: (one) => operator('end-sessions', one) },
  'an operator who disables the user': { end: (one) => operator('disable-user', one) },
  'an operator who sets the password': {
    end: (one) => operator('set-password', one, { password: newPassword }),
  },
  'an operator who changes the role': {
    end: (one) => operator('set-role', one, { role: 'admin' }),
  },
}

/** Users with their sessions, and somebody whom none of it concerns. */
async function prepare() {
  const bystander = await api.signUp()
  const groups = await inParallel(times(users, String), 4, async () => {
    const person = await api.signUp()
    return [person, ...(await sessionsOf(api, person, perUser - 1))]
  })
  return { bystander, groups }
}

async function expectOver(sessions: readonly Person[]): Promise<void> {
  const accessed = await inParallel(sessions, 16, ({ token }) => statusOf(api, token))
  expect(accessed.filter((status) => status !== 401)).toEqual([])
  const answers = await inParallel(sessions, 16, ({ refreshToken }) => refreshed(api, refreshToken))
  expect(answers.filter(({ body }) => body.code !== 'invalid_grant')).toEqual([])
}

describe(`${perCause} sessions, each ended by`, () => {
  test.each(Object.entries(ofOne))(
    '%s',
    async (_, end) => {
      const { bystander, groups } = await prepare()
      await inParallel(groups, 4, async ([neighbour, ...sessions]) => {
        if (!neighbour) throw new Error('no session')
        for (const one of sessions) {
          const inFlight = times(2, () => statusOf(api, one.token))
          await end(one, neighbour)
          expect(await statusOf(api, one.token)).toBe(401)
          for (const status of await Promise.all(inFlight)) expect([200, 401]).toContain(status)
        }
        expect(await statusOf(api, neighbour.token)).toBe(200)
        await expectOver(sessions)
      })
      expect(await statusOf(api, bystander.token)).toBe(200)
    },
    900_000,
  )

  test.each(Object.entries(ofAll))(
    '%s',
    async (_, { end, spares }) => {
      const { bystander, groups } = await prepare()
      for (const [one, ...others] of groups) {
        if (!one) throw new Error('no session')
        // Requests that are under way may still be served; none that comes after the answer.
        const inFlight = others.slice(0, 10).map(({ token }) => statusOf(api, token))
        await end(one)
        await expectOver(spares ? others : [one, ...others])
        for (const status of await Promise.all(inFlight)) expect([200, 401]).toContain(status)
        if (!spares) continue
        expect(await statusOf(api, one.token)).toBe(200)
        expect((await refreshed(api, one.refreshToken)).status).toBe(200)
      }
      expect(await statusOf(api, bystander.token)).toBe(200)
      expect((await refreshed(api, bystander.refreshToken)).status).toBe(200)
    },
    900_000,
  )
})

describe('what a session was ended for holds afterwards', () => {
  const signIn = (username: string, secret: string) =>
    api.call('POST /api/v1/auth/login', { body: { username, password: secret } })

  test('a disabled user cannot sign in, and can when enabled again', async () => {
    const person = await api.signUp()
    const body = { disabled: true }
    await done(`PATCH ${user(person)}`, api.admin.token, body)
    expect((await signIn(person.username, password)).body.code).toBe('invalid_credentials')
    await operator('enable-user', person)
    expect((await signIn(person.username, password)).status).toBe(200)
    expect(await statusOf(api, person.token)).toBe(401)
  })

  test('a changed role is what the next session has', async () => {
    const person = await api.signUp()
    const admins = { token: person.token }
    expect((await api.call('GET /api/v1/users', admins)).body.code).toBe('insufficient_scope')
    await done(`PATCH ${user(person)}`, api.admin.token, { role: 'admin' })
    const { body } = await signIn(person.username, password)
    expect((await api.call('GET /api/v1/users', { token: body.access_token })).status).toBe(200)
  })

  test('a changed password is the only one', async () => {
    const { username, token } = await api.signUp()
    const body = { currentPassword: password, newPassword }
    await done('POST /api/v1/auth/password', token, body)
    expect((await signIn(username, password)).status).toBe(401)
    expect((await signIn(username, newPassword)).status).toBe(200)
  })

  test('of two password changes at once one wins, and its session stays', async () => {
    const one = await api.signUp()
    const two = await api.signIn(one.username, password)
    const secrets = ['first new password', 'second new password']
    const answers = await Promise.all(
      [one, two].map(({ token }, index) =>
        api.call('POST /api/v1/auth/password', {
          token,
          body: { currentPassword: password, newPassword: secrets[index] },
        }),
      ),
    )
    const [won, ...others] = answers.flatMap(({ status }, index) => (status === 204 ? [index] : []))
    expect(others).toEqual([])
    const winner = [one, two][won ?? 0]
    expect(await statusOf(api, winner?.token ?? '')).toBe(200)
    expect((await signIn(one.username, secrets[won ?? 0] ?? '')).status).toBe(200)
    expect((await signIn(one.username, secrets[1 - (won ?? 0)] ?? '')).status).toBe(401)
  })

  test('whoever has been deleted since the token was checked is refused', async () => {
    const { id, token } = await api.signUp()
    const { model, dynamodbEndpoint } = api.runner
    // The session is there still, as it was when the authorizer read it.
    const deleted = { TableName: physicalName(model, 'users'), Key: { id: { S: id } } }
    await callEngine(dynamodbEndpoint, 'DeleteItem', deleted)
    for (const [route, body] of [
      ['POST /api/v1/auth/password', { currentPassword: password, newPassword }],
      ['POST /api/v1/auth/reauthenticate', { password }],
      ['PUT /api/v1/auth/email', { email: 'ada@example.org' }],
      ['POST /api/v1/diaries', { title: 'a' }],
    ] as const) {
      const answer = await api.call(route, { token, body })
      expect([route, answer.status, answer.body?.code]).toEqual([route, 401, 'unauthorized'])
    }
  })
})
