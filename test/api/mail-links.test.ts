import { request } from 'node:http'
import { describe, expect, inject, test } from 'vitest'
import type { AwsCall, Fault } from '../../infra/local/aws/calls.ts'
import { edited } from '../assembly.ts'
import { configured, dump, itemsOf, repetitions, times } from '../auth/support.ts'
import { type Person, password, unique, useApi } from './harness.ts'
import { address, linkTo, mailsTo, withAddress } from './mails.ts'

const hour = 60 * 60 * 1000
/** How long hundreds of owners take, or two hundred deaths of the mailer. */
const longTime = repetitions(hour, 180_000)
const appUrl = 'https://app.example.com/account'

/** Whether writes to the outbox are let through. */
let isWritten = true
/** What happens to the mailer when it is about to send. */
let onSend: ((call: AwsCall) => Fault | undefined) | undefined

/** A stage whose app is elsewhere, and whose hashes are cheap. */
const rotatedEvery = (days: number) =>
  edited(configured({ BCRYPT_COST: '4' }, inject('assembly')), ({ template }) => {
    for (const { Type, Properties } of Object.values(template.Resources)) {
      const { Variables } = (Properties?.Environment ?? {}) as {
        Variables?: Record<string, string>
      }
      if (Type === 'AWS::Lambda::Function' && Variables?.MAIL_FROM) Variables.APP_URL = appUrl
      if (Type === 'AWS::SecretsManager::RotationSchedule')
        Object.assign(Properties?.RotationRules ?? {}, { ScheduleExpression: `rate(${days} days)` })
    }
  })

const api = useApi(() => ({
  assembly: rotatedEvery(30),
  intercept(call) {
    const { function: name, operation } = call
    if (operation === 'SendEmail') return onSend?.(call)
    const fails = !isWritten && name === 'email' && operation === 'TransactWriteItems'
    return fails ? { error: 'InternalServerError' } : undefined
  },
}))

const auth = (path: string) => `/api/v1/auth/${path}`
const post = (path: string, body?: unknown, token?: string) =>
  api.call(`POST ${auth(path)}`, { body, token })
const changeTo = (owner: Person, email: string) =>
  api.call(`PUT ${auth('email')}`, { token: owner.token, body: { email } })

type Owner = Awaited<ReturnType<typeof withAddress>>

/** An owner in an hour of their own: no budget is used up by the owners before. */
async function anOwner(): Promise<Owner> {
  api.runner.clock.advance(hour + 1000)
  return withAddress(api)
}

/** The three kinds of links, all pending. */
async function pendingLinks(owner: Owner) {
  const email = address()
  expect((await changeTo(owner, email)).status).toBe(202)
  expect((await post('password/forgot', { email: owner.email })).status).toBe(202)
  const tokenOf = async (to: string, subject: RegExp) =>
    (await linkTo(api, to, subject)).get('token') ?? ''
  return {
    verify: await tokenOf(email, /Confirm/),
    undo: await tokenOf(owner.email, /being changed/),
    reset: await tokenOf(owner.email, /new password/),
  }
}

type Links = Awaited<ReturnType<typeof pendingLinks>>
const chosen = 'a password that was chosen anew'
const use = {
  verify: (token: string) => post('email/verify', { token }),
  reset: (token: string) => post('password/reset', { token, newPassword: chosen }),
  undo: (token: string) => post('undo', { token }),
}

const operator = (command: string, { username }: Owner, more = {}) =>
  api.runner.invoke('admin', { command, username, ...more })
const patch = (path: string, token: string, body: object) =>
  api.call(`PATCH /api/v1/users/${path}`, { token, body })
const byAdmin = async ({ id }: Owner, body: object) => {
  const { token } = await api.signIn('admin', password)
  expect((await patch(id, token, body)).status).toBe(200)
}

/** What gives an account another version, and so ends the links sent for the one before. */
const changes: Readonly<Record<string, (owner: Owner, links: Links) => Promise<unknown>>> = {
  'another password': ({ token }) =>
    post('password', { currentPassword: password, newPassword: chosen }, token),
  'a password that the operator sets': (owner) =>
    operator('set-password', owner, { password: chosen }),
  'a reset': (_, { reset }) => use.reset(reset),
  'another address that is asked for': (owner) => changeTo(owner, address()),
  'an address that is verified': (_, { verify }) => use.verify(verify),
  'another name': ({ token }) => patch('me', token, { username: unique('renamed') }),
  'another role': (owner) => byAdmin(owner, { role: 'editor' }),
  'the state': (owner) => byAdmin(owner, { disabled: true }),
  'the state and back': async (owner) => {
    await operator('disable-user', owner)
    await operator('enable-user', owner)
  },
  'an undo': (_, { undo }) => use.undo(undo),
  'the end of the account': ({ token }) => api.call('DELETE /api/v1/users/me', { token }),
}

describe.each(Object.keys(changes))('%s', (name) => {
  test(
    'ends links that verify and reset, and none that undoes',
    async () => {
      for (const _ of times(repetitions(100, 1), String)) {
        const owner = await anOwner()
        const links = await pendingLinks(owner)
        await changes[name]?.(owner, links)
        for (const purpose of ['verify', 'reset'] as const) {
          const { status, body } = await use[purpose](links[purpose])
          expect([status, body.code], purpose).toEqual([400, 'invalid_link'])
        }
        const isGone = name === 'an undo' || name === 'the end of the account'
        expect((await use.undo(links.undo)).status).toBe(isGone ? 400 : 204)
      }
    },
    longTime,
  )
})

describe('a link', () => {
  test.each(['verify', 'reset', 'undo'] as const)(
    'is used once, however many use it at once: %s',
    async (purpose) => {
      const links = await pendingLinks(await anOwner())
      const uses = times(repetitions(100, 8), () => use[purpose](links[purpose]))
      const statuses = (await Promise.all(uses)).map(({ status }) => status).sort()
      expect(statuses).toEqual([204, ...times(statuses.length - 1, () => 400)])
    },
  )

  test('is opened as often as scanners like, and works then', async () => {
    const owner = await anOwner()
    const { verify, reset } = await pendingLinks(owner)
    for (const token of times(repetitions(1000, 10), () => reset)) {
      const page = await fetch(`${api.runner.origin}/account?action=reset&token=${token}`)
      expect(page.status).toBe(200)
      expect((await api.call(`GET ${auth('password/reset')}`)).status).toBe(405)
    }
    expect((await use.verify(`${verify}x`)).status).toBe(400)
    expect((await use.undo(reset)).status).toBe(400)
    expect((await use.reset(verify)).status).toBe(400)
    expect((await use.reset(reset)).status).toBe(204)
  })

  test.each([
    ['verify', 24 * hour],
    ['reset', hour],
    ['undo', 7 * 24 * hour],
  ] as const)('that is to %s is good for its time and no longer', async (purpose, lifetime) => {
    const [early, late] = [await pendingLinks(await anOwner()), await pendingLinks(await anOwner())]
    // The first is an hour older.
    api.runner.clock.advance(lifetime - 60_000)
    expect((await use[purpose](early[purpose])).status).toBe(400)
    expect((await use[purpose](late[purpose])).status).toBe(204)
  })

  test('is good however often the period of rotations is changed', async () => {
    const { reset } = await pendingLinks(await anOwner())
    for (const days of [40, 50, 30]) await api.runner.reload(rotatedEvery(days))
    expect((await use.reset(reset)).status).toBe(204)
  })

  test("leads to the stage's app, whatever a request says of hosts", async () => {
    const owner = await anOwner()
    const evil = 'evil.example'
    const forged: Readonly<Record<string, string>>[] = [
      ...['Host', 'X-Forwarded-Host', 'X-Host', 'X-Original-Host', 'X-Forwarded-Server', 'Via'],
      ...['X-HTTP-Host-Override', 'X-Original-URL', 'X-Rewrite-URL', 'Referer', 'Base-Url'],
      ...['X-Amz-Apigw-Id', 'X-Forwarded-Prefix', 'True-Client-IP', 'CloudFront-Forwarded-Host'],
    ].map((name) => ({ [name]: evil }))
    forged.push({ Origin: `https://${evil}` }, { Forwarded: `for=1.2.3.4;host=${evil};proto=http` })
    forged.push({ 'X-Forwarded-Host': evil, 'X-Forwarded-Proto': 'http' })
    forged.push({ 'X-Forwarded-Port': '8443', Host: `${evil}:8443` }, { Host: `127.0.0.1@${evil}` })
    expect(forged).toHaveLength(20)
    const resets = () =>
      mailsTo(api, owner.email).filter(({ subject }) => /new password/.test(subject))
    let sent = 0
    for (const headers of forged) {
      if (sent % 3 === 0) {
        await expect.poll(resets).toHaveLength(sent)
        api.runner.clock.advance(hour + 1000)
      }
      const status = await sentRaw(auth('password/forgot'), { email: owner.email }, headers)
      if (status === 202) sent += 1
    }
    // The runner, like the gateway, does not know other hosts.
    expect(sent).toBeGreaterThanOrEqual(17)
    await expect.poll(resets).toHaveLength(sent)
    for (const { text, html = '' } of resets()) {
      expect(text).toContain(`${appUrl}#action=reset`)
      expect(text + html).not.toContain(evil)
    }
  })
})

/** A request with any headers, `Host` too. */
function sentRaw(path: string, body: object, headers: Readonly<Record<string, string>>) {
  const { hostname, port } = new URL(api.runner.origin)
  const text = JSON.stringify(body)
  return new Promise<number>((resolve, reject) => {
    const sending = request(
      {
        ...{ hostname, port, path, method: 'POST' },
        headers: { 'Content-Type': 'application/json', 'Content-Length': text.length, ...headers },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    sending.on('error', reject)
    sending.end(text)
  })
}

describe('a mailer that dies', () => {
  test(
    'sends each mail at last, with one token each, and none for what was not done',
    async () => {
      const owner = await anOwner()
      const { token } = await api.signIn('admin', password)
      const count = repetitions(200, 3)
      const killed = new Set<number>()
      let sends = 0
      onSend = () => {
        sends += 1
        // The mailer is killed once for each mail, before or after it has gone.
        const item = killed.size
        if (sends % 2 === 0 || item >= count) return undefined
        killed.add(item)
        return { killFunction: item % 2 === 0 ? 'before' : 'after' }
      }
      try {
        for (const _ of times(count, String)) {
          // The time is part of a token.
          api.runner.clock.advance(1000)
          const body = { reset: true }
          const asked = await api.call(`POST /api/v1/users/${owner.id}/password`, { token, body })
          expect(asked.status).toBe(202)
        }
        isWritten = false
        const lost = address()
        expect((await changeTo(owner, lost)).status).toBe(503)
        isWritten = true
        const tokens = () =>
          mailsTo(api, owner.email)
            .filter(({ subject }) => /new password/.test(subject))
            .map(({ text }) => /token=([^&\s]+)/.exec(text)?.[1])
        const different = () => new Set(tokens()).size
        // Each death is followed by a pause, and by another start.
        const timeout = count * 10_000
        await expect.poll(different, { timeout }).toBe(count)
        await expect.poll(() => killed.size, { timeout }).toBe(count)
        // A later mail is sent after all earlier ones.
        expect((await changeTo(owner, address())).status).toBe(202)
        await linkTo(api, owner.email, /being changed/)
        expect(different()).toBe(count)
        expect(mailsTo(api, lost)).toEqual([])
      } finally {
        onSend = undefined
        isWritten = true
      }
    },
    repetitions(3_600_000, 120_000),
  )
})

test('a mail that SES does not take is tried again, and so is what came after it', async () => {
  const owner = await anOwner()
  const refused: string[] = []
  onSend = () => {
    if (refused.length >= 3) return undefined
    refused.push('refused')
    return { error: 'MessageRejected' }
  }
  try {
    expect((await post('password/forgot', { email: owner.email })).status).toBe(202)
    const next = address()
    await post('signup', { username: unique(), password, email: next })
    await linkTo(api, owner.email, /new password/)
    await linkTo(api, next, /Confirm/)
    expect(refused).toHaveLength(3)
    expect(api.logs.join('\n')).toContain('"reason":"MessageRejected"')
  } finally {
    onSend = undefined
  }
})

test('a mail whose link has expired is withheld, and takes nothing from the budget of the next', async () => {
  const owner = await anOwner()
  const forgot = async () => {
    expect((await post('password/forgot', { email: owner.email })).status).toBe(202)
  }
  let refused = 0
  onSend = () => {
    refused += 1
    return { error: 'MessageRejected' }
  }
  try {
    for (const _ of times(3, String)) await forgot()
    await expect.poll(() => refused).toBeGreaterThan(0)
    api.runner.clock.advance(hour)
    await forgot()
    onSend = undefined
    const token = (await linkTo(api, owner.email, /new password/)).get('token') ?? ''
    // A later mail is sent after all earlier ones.
    await withAddress(api)
    const sent = mailsTo(api, owner.email).filter(({ subject }) => /new password/.test(subject))
    expect(sent).toHaveLength(1)
    expect((await use.reset(token)).status).toBe(204)
  } finally {
    onSend = undefined
  }
})

test('a mail that SES refuses for what it is, is given up after an hour, for those behind it', async () => {
  const email = address()
  let refused = 0
  onSend = ({ request }) => {
    if (!JSON.stringify(request).includes(email)) return undefined
    refused += 1
    return { error: 'BadRequestException' }
  }
  try {
    await post('signup', { username: unique(), password, email })
    const next = address()
    await post('signup', { username: unique(), password, email: next })
    await expect.poll(() => refused).toBeGreaterThan(1)
    expect(mailsTo(api, next)).toEqual([])
    api.runner.clock.advance(hour)
    await linkTo(api, next, /Confirm/)
    expect(api.logs.join('\n')).toContain('a mail is given up')
    expect(api.logs.join('\n')).not.toContain(email)
  } finally {
    onSend = undefined
  }
})

test("a mail that SES's sandbox does not admit does not keep those behind it", async () => {
  const email = address()
  onSend = ({ request }) => {
    if (!JSON.stringify(request).includes(email)) return undefined
    const message = `Email address is not verified. The following identities failed: ${email}`
    return { error: 'MessageRejected', message }
  }
  try {
    await post('signup', { username: unique(), password, email })
    const next = address()
    await post('signup', { username: unique(), password, email: next })
    await linkTo(api, next, /Confirm/)
    expect(api.logs.join('\n')).toContain('in the sandbox of SES')
    expect(api.logs.join('\n')).not.toContain(email)
  } finally {
    onSend = undefined
  }
})

describe('budgets', () => {
  const sentTo = (to: string) => mailsTo(api, to).length
  /** Waits for a mail to somebody else, which comes after all that was asked for before. */
  async function drained(): Promise<void> {
    const { token } = await api.signIn('admin', password)
    const body = { reset: true }
    const count = sentTo(owner.email)
    await api.call(`POST /api/v1/users/${owner.id}/password`, { token, body })
    await expect.poll(() => sentTo(owner.email)).toBeGreaterThan(count)
  }
  const signup = (email: string) => post('signup', { username: unique(), password, email })
  let owner: Owner

  test('of an address that is not verified: three an hour, ten a day', async () => {
    owner = await anOwner()
    const email = address()
    const counts: number[] = []
    for (const _ of times(5, String)) {
      for (const each of times(4, () => email)) expect((await signup(each)).status).toBe(201)
      await drained()
      counts.push(sentTo(email))
      api.runner.clock.advance(hour + 1000)
    }
    expect(counts).toEqual([3, 6, 9, 10, 10])
    api.runner.clock.advance(24 * hour)
    await signup(email)
    await expect.poll(() => sentTo(email)).toBe(11)
  })

  test('of a caller twenty a day, of a network fifty an hour; and the owner is told all the same', async () => {
    owner = await anOwner()
    const caller = await api.signUp()
    api.runner.clock.advance(hour + 1000)
    const flooder = await api.signIn(caller.username, password)
    const ofCaller = times(22, () => address())
    for (const email of ofCaller) expect((await changeTo(flooder, email)).status).toBe(202)
    await drained()
    const sent = (emails: readonly string[]) => emails.filter((email) => sentTo(email) > 0)
    expect(sent(ofCaller)).toEqual(ofCaller.slice(0, 20))
    // A mail that was not sent has used up none of its address's budget: three more go there.
    const [refused = ''] = ofCaller.slice(20)
    for (const _ of times(3, String)) expect((await signup(refused)).status).toBe(201)
    await drained()
    expect(sentTo(refused)).toBe(3)
    const ofNetwork = times(29, () => address())
    for (const email of ofNetwork) expect((await signup(email)).status).toBe(201)
    await drained()
    expect(sent(ofNetwork)).toEqual(ofNetwork.slice(0, 27))
    // The owner of a verified address gets resets and notices, however full these budgets are.
    await post('password/forgot', { email: owner.email })
    await operator('set-password', owner, { password: chosen })
    await linkTo(api, owner.email, /new password/)
    const told = () => mailsTo(api, owner.email).some(({ subject }) => /was set/.test(subject))
    await expect.poll(told).toBe(true)
  })

  test('of forgotten passwords: thirty requests an hour and network, for any address', async () => {
    api.runner.clock.advance(hour + 1000)
    const statuses: number[] = []
    for (const _ of times(30, String))
      statuses.push((await post('password/forgot', { email: address() })).status)
    expect(new Set(statuses)).toEqual(new Set([202]))
    for (const email of [owner.email, address()]) {
      const refused = await post('password/forgot', { email })
      expect([refused.status, refused.body.code]).toEqual([429, 'too_many_requests'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000)
    }
    api.runner.clock.advance(hour + 1000)
    expect((await post('password/forgot', { email: owner.email })).status).toBe(202)
  })
})

describe('known and unknown addresses', () => {
  /** What an answer and the calls behind it look like, less what is random. */
  async function seen(ask: () => ReturnType<typeof post>) {
    api.runner.calls.reset()
    const { status, text, headers } = await ask()
    const named = [...headers].filter(
      ([name]) => !/date|request-?id|x-amz|location|etag/.test(name),
    )
    const calls = api.runner
      .calls()
      .filter(({ function: by }) => by === 'email' || by === 'signup')
      .map(({ operation, capacityUnits }) => [operation, capacityUnits])
    const plain = text.replace(/"(?:id|username|email|createdAt|updatedAt)":"[^"]*"/g, '')
    return { status, text: plain, headers: named, calls }
  }
  /** Another address, of the same length. */
  const like = (email: string) => email.replace(/^.{6}/, 'Nobody')

  test('are answered the same, by the same calls at the same price', async () => {
    const { email } = await anOwner()
    const forgot = (to: string) => seen(() => post('password/forgot', { email: to }))
    await forgot(email)
    const [known, unknown] = [await forgot(email), await forgot(like(email))]
    expect(known.calls.length).toBeGreaterThan(1)
    expect(unknown).toEqual(known)
    const names = times(3, () => unique())
    const signup = (to: string) =>
      seen(() => post('signup', { username: names.pop(), password, email: to }))
    await signup(like(email))
    const [taken, free] = [await signup(email), await signup(like(email))]
    expect(taken.calls.length).toBeGreaterThan(1)
    expect(free).toEqual(taken)
  })
})

test('what was sent is in no table, no outbox and no log, whole or in parts', async () => {
  const owner = await anOwner()
  const links = await pendingLinks(owner)
  await use.verify(links.verify)
  const stored = JSON.stringify(await dump(api))
  expect((await itemsOf(api, 'outbox')).length).toBeGreaterThan(0)
  const logs = api.logs.join('\n')
  for (const token of Object.values(links)) {
    const mac = token.split('.').at(-1) ?? ''
    expect(mac.length).toBeGreaterThan(40)
    for (const text of [token, mac]) {
      expect(stored).not.toContain(text)
      expect(logs).not.toContain(text)
    }
  }
  expect(logs).not.toContain(owner.email)
  // Nothing that is stored opens anything, not even the ids of changes and items.
  const texts = new Set(stored.match(/[\w.-]{20,}/g))
  const tried = [...texts]
    .filter((text) => stored.includes(`"${text}"`))
    .slice(0, repetitions(2000, 40))
  expect(tried.length).toBeGreaterThan(20)
  for (const text of tried) {
    for (const purpose of ['verify', 'undo'] as const)
      expect((await use[purpose](text)).status).toBe(400)
  }
})
