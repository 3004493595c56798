import { describe, expect, test } from 'vitest'
import { securityEvents, times } from '../auth/support.ts'
import { password, unique, useApi } from './harness.ts'
import { address, linkTo, mailsTo, withAddress } from './mails.ts'

const api = useApi({ direct: false })
const auth = (path: string) => `/api/v1/auth/${path}`
const post = (path: string, body: unknown, token?: string) =>
  api.call(`POST ${auth(path)}`, { body, token })
const login = (body: Record<string, unknown>) => post('login', body)

/** Waits for a mail without a link. */
async function linkless(to: string, subject: string): Promise<void> {
  const subjects = () => mailsTo(api, to).map((mail) => mail.subject)
  await expect.poll(subjects).toContainEqual(expect.stringContaining(subject))
}

describe('an address', () => {
  test('counts when it is verified, in any case, for signing in', async () => {
    const email = address()
    const username = unique()
    await post('signup', { username, password, email })
    expect((await login({ email, password })).status).toBe(401)
    const link = await linkTo(api, email, /Confirm/)
    expect(link.get('action')).toBe('verify')
    expect(link.get('account')).toBe(email)
    const token = link.get('token')
    expect((await post('email/verify', { token })).status).toBe(204)
    const again = await post('email/verify', { token })
    expect([again.status, again.body.code]).toEqual([400, 'invalid_link'])
    const tokens = await login({ email: email.toUpperCase(), password })
    expect(tokens.status, tokens.text).toBe(200)
    const own = await api.call('GET /api/v1/users/me', { token: tokens.body.access_token })
    expect(own.body).toMatchObject({ username, email, emailVerified: true })
  })

  test('that is none is nobody’s, whatever text it is', async () => {
    for (const email of ['\ud800@x.y', '\ufdfa'.repeat(1024), '\u0130'.repeat(900), '~', ''])
      expect((await login({ email, password })).body.code).toBe('invalid_credentials')
  })

  test('is told by no budget: it shares none with its text as a username', async () => {
    const known = await withAddress(api)
    for (const email of [known.email, address()]) {
      for (const _ of times(10, String)) await login({ username: email, password: 'wrong' })
      for (const _ of times(10, String))
        expect((await login({ email, password: 'wrong' })).status, email).toBe(401)
      expect((await login({ email: email.toUpperCase(), password: 'wrong' })).status).toBe(429)
    }
  })

  test('that somebody has is no reason to refuse a signup: its mail says so', async () => {
    const { email } = await withAddress(api)
    const answer = await post('signup', { username: unique(), password, email })
    expect(answer.status).toBe(201)
    await linkless(email, 'already')
  })

  test('is the first who verifies it: others learn that it is taken', async () => {
    const email = address()
    const names = [unique(), unique()]
    const tokens: string[] = []
    for (const username of names) {
      await post('signup', { username, password, email })
      await expect.poll(() => mailsTo(api, email).length).toBeGreaterThan(tokens.length)
      tokens.push((await linkTo(api, email, /Confirm/)).get('token') ?? '')
    }
    expect((await post('email/verify', { token: tokens[0] })).status).toBe(204)
    const late = await post('email/verify', { token: tokens[1] })
    expect([late.status, late.body.code]).toEqual([409, 'email_taken'])
  })

  test('that is verified already may be verified again, by a link that is used once', async () => {
    const { email, token: access } = await withAddress(api)
    const route = `PUT ${auth('email')}`
    expect((await api.call(route, { token: access, body: { email } })).status).toBe(202)
    const links = () => mailsTo(api, email).filter(({ subject }) => /Confirm/.test(subject))
    await expect.poll(links).toHaveLength(2)
    const token = (await linkTo(api, email, /Confirm/)).get('token')
    expect((await post('email/verify', { token })).status).toBe(204)
    const again = await post('email/verify', { token })
    expect([again.status, again.body.code]).toEqual([400, 'invalid_link'])
  })

  test('is changed with a notice whose link brings the old one back and throws the thief out', async () => {
    const owner = await withAddress(api)
    const stolen = address()
    const changed = await api.call(`PUT ${auth('email')}`, {
      token: owner.token,
      body: { email: stolen },
    })
    expect([changed.status, changed.text]).toEqual([202, ''])
    const confirm = await linkTo(api, stolen, /Confirm/)
    const undo = await linkTo(api, owner.email, /being changed/)
    expect((await post('email/verify', { token: confirm.get('token') })).status).toBe(204)
    expect((await login({ email: owner.email, password })).status).toBe(401)
    const thief = await api.signIn(owner.username, password)
    expect((await post('undo', { token: undo.get('token') })).status).toBe(204)
    expect((await api.call('GET /api/v1/users/me', { token: thief.token })).status).toBe(401)
    expect((await login({ username: owner.username, password })).status).toBe(401)
    const once = await post('undo', { token: undo.get('token') })
    expect([once.status, once.body.code]).toEqual([400, 'invalid_link'])
    const reset = await linkTo(api, owner.email, /new password/)
    const newPassword = 'another long password'
    const set = await post('password/reset', { token: reset.get('token'), newPassword })
    expect(set.status, set.text).toBe(204)
    const back = await login({ email: owner.email, password: newPassword })
    expect(back.status).toBe(200)
    const { body } = await api.call('GET /api/v1/users/me', { token: back.body.access_token })
    expect(body).toMatchObject({ email: owner.email, emailVerified: true })
  })
})

describe('a forgotten password', () => {
  test('is reset by a link: all sessions end, and the link dies with it', async () => {
    const owner = await withAddress(api)
    const asked = await post('password/forgot', { email: owner.email.toLowerCase() })
    expect([asked.status, asked.text]).toEqual([202, ''])
    const token = (await linkTo(api, owner.email, /new password/)).get('token')
    const newPassword = 'a completely new one'
    expect((await post('password/reset', { token, newPassword })).status).toBe(204)
    expect((await api.call('GET /api/v1/users/me', { token: owner.token })).status).toBe(401)
    expect((await login({ username: owner.username, password })).status).toBe(401)
    expect((await login({ username: owner.username, password: newPassword })).status).toBe(200)
    const again = await post('password/reset', { token, newPassword: 'yet another new one' })
    expect([again.status, again.body.code]).toEqual([400, 'invalid_link'])
    await linkless(owner.email, 'was reset')
  })

  test('is answered the same for an unknown address, and nobody is mailed', async () => {
    const [unknown, owner] = [address(), await withAddress(api)]
    const answers = [
      await post('password/forgot', { email: unknown }),
      await post('password/forgot', { email: owner.email }),
    ]
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [202, ''],
      [202, ''],
    ])
    await linkTo(api, owner.email, /new password/)
    expect(mailsTo(api, unknown)).toEqual([])
  })

  test('a link dies with any change of the account, and after an hour', async () => {
    const owner = await withAddress(api)
    await post('password/forgot', { email: owner.email })
    const token = (await linkTo(api, owner.email, /new password/)).get('token')
    await api.call('PATCH /api/v1/users/me', {
      token: owner.token,
      body: { username: unique('other') },
    })
    const dead = await post('password/reset', { token, newPassword: 'a completely new one' })
    expect([dead.status, dead.body.code]).toEqual([400, 'invalid_link'])
  })

  test('an account is mailed three times an hour at most', async () => {
    const owner = await withAddress(api)
    for (const _ of times(5, String)) await post('password/forgot', { email: owner.email })
    const { email: last } = await withAddress(api)
    await post('password/forgot', { email: last })
    await linkTo(api, last, /new password/)
    const resets = mailsTo(api, owner.email).filter(({ subject }) =>
      subject.includes('new password'),
    )
    expect(resets).toHaveLength(3)
  })
})

describe('an admin', () => {
  const set = (id: string, body: unknown) =>
    api.call(`POST /api/v1/users/${id}/password`, { token: api.admin.token, body })

  test('sets no password of a user who has a verified address, but mails a reset', async () => {
    const owner = await withAddress(api)
    const refused = await set(owner.id, { newPassword: 'chosen by an admin' })
    expect([refused.status, refused.body.code]).toEqual([409, 'has_address'])
    expect((await set(owner.id, { reset: true })).status).toBe(202)
    await linkTo(api, owner.email, /new password/)
    const member = await api.signUp()
    const none = await set(member.id, { reset: true })
    expect([none.status, none.body.code]).toEqual([409, 'no_address'])
    expect((await set(member.id, { newPassword: 'chosen by an admin' })).status).toBe(204)
  })
})

test('no table, outbox or log holds what can be used as a link', async () => {
  const owner = await withAddress(api)
  await post('password/forgot', { email: owner.email })
  const token = (await linkTo(api, owner.email, /new password/)).get('token') ?? ''
  const mac = token.split('.').at(-1) ?? token
  expect(api.logs.join('\n')).not.toContain(mac)
  expect(api.logs.join('\n')).not.toContain(owner.email)
  const sent = JSON.stringify(api.runner.calls().filter(({ service }) => service === 'dynamodb'))
  expect(sent).not.toContain(mac)
  expect(securityEvents(api).some(({ event }) => event === 'reset_requested')).toBe(true)
})
