import { afterAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../infra/local/aws/calls.ts'
import {
  expectCleanLogs,
  inParallel,
  refreshed,
  repetitions,
  securityEvents,
  sessionsOf,
  statusOf,
  times,
} from '../auth/support.ts'
import { withoutTime } from '../time.ts'
import { claimsOf, type Person, password, useApi } from './harness.ts'

/** For 30 s, a token that was used is answered with its successor. */
const window = 30_000

let fault: Fault | undefined
const api = useApi({
  intercept({ function: name, operation }) {
    const wanted = name === 'login' && operation === 'UpdateItem' ? fault : undefined
    if (wanted) fault = undefined
    return wanted
  },
})
afterAll(() => expectCleanLogs(api, [password]))

/** What login has asked of DynamoDB. */
function operations(): string[] {
  const calls = api.runner.calls().filter(({ service }) => service === 'dynamodb')
  return calls.filter((call) => call.function === 'login').map(({ operation }) => operation)
}

/** Signs in `count` devices; a user has up to 50. */
async function devices(count: number): Promise<Person[]> {
  const groups = times(Math.ceil(count / 50), (group) => Math.min(50, count - group * 50))
  const made = await inParallel(groups, 2, async (size) => {
    const person = await api.signUp()
    return [person, ...(await sessionsOf(api, person, size - 1))]
  })
  return made.flat()
}

describe('a refresh', () => {
  test('answers as a login does, with the scope of the login, and no device token', async () => {
    const person = await api.signUp()
    const scope = 'pupils:read account'
    const narrow = await api.signIn(person.username, password, { scope })
    const { status, body, headers } = await refreshed(api, narrow.refreshToken)
    expect(status).toBe(200)
    const members = ['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']
    expect(Object.keys(body).sort()).toEqual(members)
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope })
    expect(headers.get('cache-control')).toBe('no-store, no-transform')
    const { sid, sub, jti } = claimsOf(body.access_token)
    expect([sid, sub]).toEqual([narrow.sessionId, person.id])
    expect(jti).not.toBe(claimsOf(narrow.token).jti)
    expect(body.refresh_token).not.toBe(narrow.refreshToken)
    expect(await statusOf(api, narrow.token)).toBe(200)
    expect(await statusOf(api, body.access_token)).toBe(200)
  })

  test('is one write', async () => {
    const person = await api.signUp()
    api.runner.calls.reset()
    expect((await refreshed(api, person.refreshToken)).status).toBe(200)
    expect(operations()).toEqual(['UpdateItem'])
  })

  test('slides for 30 days at a time, and ends after 90', async () => {
    const day = 24 * 60 * 60 * 1000
    let { refreshToken, token } = await api.signUp()
    for (const _ of [1, 2, 3]) {
      api.runner.clock.advance(29.9 * day)
      const { status, body } = await refreshed(api, refreshToken)
      expect(status).toBe(200)
      refreshToken = body.refresh_token
      token = body.access_token
    }
    api.runner.clock.advance(0.3 * day - 300_000)
    const last = await refreshed(api, refreshToken)
    // Neither does the access token outlive the session.
    expect(last.body.expires_in).toBeLessThanOrEqual(300)
    expect(await statusOf(api, last.body.access_token)).toBe(200)
    expect(await statusOf(api, token)).toBe(401)
    api.runner.clock.advance(301_000)
    expect((await refreshed(api, last.body.refresh_token)).body.code).toBe('invalid_grant')
    expect(await statusOf(api, last.body.access_token)).toBe(401)
  })

  test('what is no token of ours is refused before anything is read', async () => {
    const { refreshToken, deviceToken, token } = await api.signUp()
    const [kind, key, ...rest] = refreshToken.split('.')
    const altered = [
      '',
      '.',
      'refresh',
      'x'.repeat(9_000),
      token,
      deviceToken,
      `${refreshToken}x`,
      refreshToken.slice(0, -1),
      refreshToken.toUpperCase(),
      ['device', key, ...rest].join('.'),
      [kind, 'AAAAAAAA', ...rest].join('.'),
      [kind, key, ...rest.with(2, '7')].join('.'),
      deviceToken.replace('device', 'refresh'),
    ]
    api.runner.calls.reset()
    for (const made of altered) {
      const answer = await refreshed(api, made)
      expect(answer, made).toMatchObject({ status: 401, body: { code: 'invalid_grant' } })
    }
    expect(operations()).toEqual([])
    expect((await refreshed(api, refreshToken)).status).toBe(200)
  })

  test.each<Fault>([{ dropAnswer: true }, { drop: true }, { error: 'InternalServerError' }])(
    'survives %o',
    async (wrong) => {
      const person = await api.signUp()
      fault = wrong
      const { status, body } = await refreshed(api, person.refreshToken)
      expect(status).toBe(200)
      expect((await refreshed(api, body.refresh_token)).status).toBe(200)
    },
  )

  test.each<Fault>([{ killFunction: 'before' }, { killFunction: 'after' }])(
    'can be repeated after %o',
    async (wrong) => {
      const person = await api.signUp()
      fault = wrong
      expect((await refreshed(api, person.refreshToken)).status).toBeGreaterThanOrEqual(500)
      const { status, body } = await refreshed(api, person.refreshToken)
      expect(status).toBe(200)
      expect((await refreshed(api, body.refresh_token)).status).toBe(200)
    },
  )
})

describe('parallel refreshes', () => {
  const [sessions, parallel] = [repetitions(200, 8), 50]

  test(`${sessions} sessions × ${parallel}: one successor each`, async () => {
    const all = await devices(sessions)
    for (const { refreshToken, token } of all) {
      const answers = await Promise.all(times(parallel, () => refreshed(api, refreshToken)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      const successors = new Set(answers.map(({ body }) => body.refresh_token))
      expect(successors.size).toBe(1)
      const [successor = ''] = successors
      const next = await refreshed(api, successor)
      expect(next.status).toBe(200)
      for (const access of [token, next.body.access_token])
        expect(await statusOf(api, access)).toBe(200)
    }
    expect(api.runner.functions.instances().login).toBeGreaterThan(1)
  })
})

describe('a refresh token that was used', () => {
  test('is good for its successor within 30 s, and then ends the session', async () => {
    const person = await api.signUp()
    await withoutTime(api.runner.clock, async () => {
      const first = await refreshed(api, person.refreshToken)
      api.runner.clock.advance(window)
      const again = await refreshed(api, person.refreshToken)
      expect(again.body.refresh_token).toBe(first.body.refresh_token)
      api.runner.clock.advance(1)
      await expectReuse(person, person.refreshToken, first.body)
    })
  })

  test('ends the session at once when its successor has been used', async () => {
    const person = await api.signUp()
    const first = await refreshed(api, person.refreshToken)
    const second = await refreshed(api, first.body.refresh_token)
    await expectReuse(person, person.refreshToken, second.body)
  })

  test('ends the session however old it is', async () => {
    const person = await api.signUp()
    let latest = { refresh_token: person.refreshToken, access_token: person.token }
    for (const _ of times(6, String)) latest = (await refreshed(api, latest.refresh_token)).body
    await expectReuse(person, person.refreshToken, latest)
  })

  async function expectReuse(
    { id, username, sessionId }: Person,
    reused: string,
    current: { refresh_token: string; access_token: string },
  ) {
    const neighbour = await api.signIn(username, password)
    const answer = await refreshed(api, reused)
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_grant' } })
    expect(await statusOf(api, current.access_token)).toBe(401)
    expect((await refreshed(api, current.refresh_token)).status).toBe(401)
    expect(await statusOf(api, neighbour.token)).toBe(200)
    const [event] = securityEvents(api)
      .filter(({ event }) => event === 'refresh_token_reused')
      .slice(-1)
    expect(event).toMatchObject({ userId: id, sessionId, address: '127.0.0.1' })
  }
})

describe('thief and owner', () => {
  const cases = repetitions(500, 25)

  test(`in random order, ${cases} times: always found out`, async () => {
    const began = api.runner.clock.now()
    // Each plays with one session; the rounds of all of them share the clock.
    const games = (await devices(cases)).map((person) => ({
      person,
      held: { owner: person.refreshToken, thief: person.refreshToken },
      access: { owner: person.token, thief: person.token },
      refreshedSince: new Set<string>(),
      over: false,
    }))
    type Game = (typeof games)[number]
    const players = ['owner', 'thief'] as const
    const turn = async (game: Game) => {
      const player = players[Math.random() < 0.5 ? 0 : 1]
      game.refreshedSince.add(player)
      const { status, body } = await refreshed(api, game.held[player])
      if (status !== 200) {
        expect(status).toBe(401)
        game.over = true
        return
      }
      game.held[player] = body.refresh_token
      game.access[player] = body.access_token
    }
    // Up to three turns within the first one's window, in which they may share a successor.
    for (const round of [0, 1, 2])
      await inParallel(games, 16, async (game) => {
        if (!game.over && Math.random() < 1 - round * 0.3) await turn(game)
      })
    api.runner.clock.advance(window + 1000)
    for (const game of games) game.refreshedSince.clear()
    for (let round = 0; round < 40 && games.some(({ over }) => !over); round++) {
      await inParallel(
        games.filter(({ over }) => !over),
        16,
        async (game) => {
          await turn(game)
          // Once both have refreshed since the window, the theft has been found out.
          if (game.refreshedSince.size === 2) expect(game.over).toBe(true)
        },
      )
      api.runner.clock.advance(window + 1000)
    }
    // Access tokens live for 15 minutes: what is refused now was revoked.
    expect(api.runner.clock.now() - began).toBeLessThan(15 * 60_000)
    await inParallel(games, 16, async ({ over, held, access, person }) => {
      expect(over).toBe(true)
      for (const player of players) {
        expect(await statusOf(api, access[player])).toBe(401)
        expect((await refreshed(api, held[player])).status).toBe(401)
      }
      expect(await statusOf(api, person.token)).toBe(401)
    })
  })
})
