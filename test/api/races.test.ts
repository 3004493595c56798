import { afterEach, describe, expect, test } from 'vitest'
import { configured, repetitions, times } from '../auth/support.ts'
import { dump, violations } from '../invariants.ts'
import { type Answer, type Person, password, unique, useApi, usePerson } from './harness.ts'
import { pupil } from './pupil.ts'

const path = '/api/v1/pupils'
const crowd = 50
const rounds = repetitions(20, 2)
const hour = 60 * 60 * 1000

/** How many answers there are of each kind: `201`, `409 email_taken`, … */
function counted(answers: readonly Answer[]): Record<string, number> {
  const kinds = Map.groupBy(answers, ({ status, body }) => `${status} ${body?.code ?? ''}`.trim())
  return Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length]))
}

describe(`races of ${crowd}, ${rounds} times`, () => {
  const api = useApi()
  let ada = usePerson(api)
  afterEach(async () => {
    expect(violations(await dump(api.runner))).toEqual([])
  })

  function atOnce(make: (index: number) => Promise<Answer>): Promise<Answer[]> {
    return Promise.all(times(crowd, make))
  }

  function send(call: string, body?: unknown, headers: Record<string, string> = {}) {
    return api.call(call, { token: ada.token, body, headers })
  }

  async function created(): Promise<{ item: string; etag: string }> {
    const made = await send(`POST ${path}`, pupil())
    const { headers } = made
    return { item: headers.get('location') ?? '', etag: headers.get('etag') ?? '' }
  }

  test('for one username', async () => {
    for (let round = 0; round < rounds; round++) {
      const name = unique('Racer')
      const answers = await atOnce((at) => {
        const username = at % 2 ? name : name.toUpperCase()
        return api.call('POST /api/v1/auth/signup', { body: { username, password } })
      })
      expect(counted(answers)).toEqual({ 201: 1, '409 username_taken': crowd - 1 })
      // An address may sign up only so often an hour.
      api.runner.clock.advance(hour)
    }
    ada = await api.signIn(ada.username, password)
  })

  test('for one e-mail address', async () => {
    for (let round = 0; round < rounds; round++) {
      const { email } = pupil()
      const answers = await atOnce((at) =>
        send(`POST ${path}`, pupil({ email: at % 2 ? email : email.toUpperCase() })),
      )
      expect(counted(answers)).toEqual({ 201: 1, '409 email_taken': crowd - 1 })
    }
  })

  test('with one Idempotency-Key', async () => {
    for (let round = 0; round < rounds; round++) {
      const body = pupil({ name: unique('Racer') })
      const answers = await atOnce(() =>
        send(`POST ${path}`, body, { 'Idempotency-Key': `round ${round}` }),
      )
      expect(counted(answers)).toEqual({ 201: crowd })
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      const found = await send(`GET ${path}?name=${body.name}`)
      expect(found.body.items).toHaveLength(1)
    }
  })

  test.each([
    ['PATCH', () => ({ age: 21 })],
    ['PATCH of a unique value', () => ({ email: pupil().email })],
    ['PUT', pupil],
    ['DELETE', () => undefined],
  ])('with one ETag: %s', async (method, body) => {
    for (let round = 0; round < rounds; round++) {
      const { item, etag } = await created()
      const [verb] = method.split(' ')
      const answers = await atOnce(() => send(`${verb} ${item}`, body(), { 'If-Match': etag }))
      const lost = answers.filter(({ status }) => status >= 400)
      expect(lost).toHaveLength(crowd - 1)
      const code = verb === 'DELETE' ? 'not_found' : 'precondition_failed'
      for (const answer of lost) expect(answer.body.code).toBe(code)
    }
  })

  test('without any ETag every PATCH applies', async () => {
    for (let round = 0; round < rounds; round++) {
      const { item } = await created()
      const answers = await atOnce((at) =>
        send(`PATCH ${item}`, at % 2 ? { age: 20 + at } : { rollNo: String(at) }),
      )
      expect(counted(answers)).toEqual({ 200: crowd })
      expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(crowd)
    }
  })

  test('of all kinds, over few addresses', async () => {
    const emails = times(4, () => pupil().email)
    const items = await Promise.all(
      emails.map(async (email) =>
        (await send(`POST ${path}`, pupil({ email }))).headers.get('location'),
      ),
    )
    for (let round = 0; round < rounds; round++) {
      const answers = await atOnce((at) => {
        const email = emails[(at * 7 + round) % 4]
        const item = items[at % 4]
        if (at % 5 === 0) return send(`POST ${path}`, pupil({ email }))
        if (at % 5 === 1) return send(`DELETE ${item}`)
        if (at % 5 === 2) return send(`PUT ${item}`, pupil({ email }))
        return send(`PATCH ${item}`, at % 5 === 3 ? { email } : { email: pupil().email })
      })
      expect(answers.filter(({ status }) => ![200, 201, 204, 404, 409].includes(status))).toEqual(
        [],
      )
      for (const answer of answers.filter(({ status }) => status === 201))
        items[round % 4] = answer.headers.get('location')
    }
  })
})

describe(`races of accounts, ${rounds} times`, () => {
  const api = useApi()

  test('leave nobody without credentials, no session without user and one admin', async () => {
    const { token } = api.admin
    const spare = await api.call('POST /api/v1/users', {
      token,
      body: { username: unique(), password, role: 'admin' },
    })
    for (let round = 0; round < rounds; round++) {
      const people = await Promise.all(times(4, () => api.signUp()))
      const name = unique('wanted')
      const answers = await Promise.all(
        times(crowd, (at) => {
          const { id, username } = people[at % 4] as Person
          const call = `PATCH /api/v1/users/${id}`
          const bodies = [
            { username: name },
            { username: unique('other') },
            { disabled: at % 4 === 0 },
            { role: at % 4 === 1 ? 'admin' : 'member' },
          ]
          if (at % 9 === 8) return api.call(`DELETE /api/v1/users/${id}`, { token })
          if (at % 9 === 7)
            return api.call('POST /api/v1/auth/login', { body: { username, password } })
          if (at % 9 === 6)
            return api.call('POST /api/v1/auth/signup', { body: { username: name, password } })
          if (at % 9 === 5)
            return api.call(`PATCH /api/v1/users/${spare.body.id}`, {
              token,
              body: { role: at % 2 ? 'admin' : 'member' },
            })
          return api.call(call, { token, body: bodies[at % 4] })
        }),
      )
      const known = [200, 201, 204, 401, 404, 409, 503]
      expect(answers.filter(({ status }) => !known.includes(status))).toEqual([])
      expect(violations(await dump(api.runner))).toEqual([])
      const busy = answers.filter(({ status }) => status === 503).length
      expect(busy).toBe(0)
    }
  })

  test('of memos and the deletion of their user leave no memo', async () => {
    for (let round = 0; round < rounds; round++) {
      const eve = await api.signUp()
      const memo = { title: 'x', body: '' }
      const answers = await Promise.all(
        times(crowd, (at) =>
          at === 25
            ? api.call(`DELETE /api/v1/users/${eve.id}`, { token: api.admin.token })
            : api.call(`POST /api/v1/users/${eve.id}/memos`, {
                token: api.admin.token,
                body: memo,
              }),
        ),
      )
      const { 201: made = 0, '404 not_found': late = 0, 204: deleted } = counted(answers)
      expect([made + late, deleted]).toEqual([crowd - 1, 1])
    }
    await expect.poll(async () => violations(await dump(api.runner)), { interval: 200 }).toEqual([])
  })
})

describe('a change of the password, meanwhile', () => {
  /** Happens just before the change is written. */
  let meanwhile: (() => Promise<unknown>) | undefined
  const api = useApi({
    intercept: async ({ function: name, operation, request }) => {
      const isWrite = name === 'sessions' && operation === 'TransactWriteItems'
      if (!isWrite || !JSON.stringify(request).includes('credentials')) return undefined
      const run = meanwhile
      meanwhile = undefined
      await run?.()
      return undefined
    },
  })
  const newPassword = 'another horse battery'
  const change = ({ token }: Person) =>
    api.call('POST /api/v1/auth/password', {
      token,
      body: { currentPassword: password, newPassword },
    })

  test('the operator sets another one: the current one is no longer right', async () => {
    const person = await api.signUp()
    const { username } = person
    const set = { command: 'set-password', username, password: 'set by the operator' }
    meanwhile = () => api.runner.invoke('admin', set)
    const { status, body } = await change(person)
    expect([status, body.code]).toEqual([403, 'wrong_password'])
    await api.signIn(username, set.password)
  })

  test('a login renews its hash: the current one is right all the same', async () => {
    const person = await api.signUp()
    await api.runner.reload(configured({ BCRYPT_COST: '5' }))
    meanwhile = () => api.signIn(person.username, password)
    const { status, text } = await change(person)
    expect([status, text]).toEqual([204, ''])
    expect(meanwhile).toBeUndefined()
    await api.signIn(person.username, newPassword)
  })
})
