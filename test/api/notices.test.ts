import { describe, expect, test } from 'vitest'
import { times } from '../auth/support.ts'
import { enrolled, shownCode } from './authenticator.ts'
import { password, unique, useApi } from './harness.ts'
import { address, linkTo, mailsTo, withAddress } from './mails.ts'

const api = useApi()
const day = 24 * 60 * 60 * 1000
const auth = (path: string) => `/api/v1/auth/${path}`
const post = (path: string, body?: unknown, token?: string) =>
  api.call(`POST ${auth(path)}`, { body, token })
const undo = async (link: URLSearchParams) =>
  (await post('undo', { token: link.get('token') })).status

type Owner = Awaited<ReturnType<typeof withAddress>>

interface Exported {
  readonly records: readonly { readonly item: { readonly id: string } }[]
}

/** The subjects of an account's notices, oldest first, once `count` have come. */
async function notices(email: string, count: number): Promise<string[]> {
  const told = () =>
    mailsTo(api, email)
      .map(({ subject }) => subject)
      .filter((subject) => !subject.startsWith('Confirm'))
      .reverse()
  await expect.poll(told).toHaveLength(count)
  return told()
}

/** Whether the old password still counts, with a second factor. */
async function owesFactor({ username }: Owner): Promise<boolean> {
  const { body } = await post('login', { username, password })
  return body.code === 'second_factor_required'
}

/** Chooses a new password by the newest mail, and signs in with it. */
async function reset({ email, username }: Owner, newPassword = 'chosen after the undo') {
  const token = (await linkTo(api, email, /new password/)).get('token')
  expect((await post('password/reset', { token, newPassword })).status).toBe(204)
  return post('login', { username, password: newPassword })
}

describe('the verified address is told', () => {
  test('of a factor, of recovery codes, of a key and of a password', async () => {
    const owner = await withAddress(api)
    const { token, email, username } = owner
    const factor = await enrolled(api, token)
    const codes = await post('factors/recovery', undefined, token)
    const [first = '', second = ''] = codes.body.recoveryCodes as string[]
    expect((await post('reauthenticate', { recoveryCode: first }, token)).status).toBe(204)
    const { body } = await post('login', { username, password })
    const proof = { challenge: body.challenge, recoveryCode: second }
    expect((await post('login/factor', proof)).status).toBe(200)
    const key = { name: 'a key', scope: 'pupils:read' }
    expect((await post('keys', key, token)).status).toBe(201)
    // A factor that is not confirmed counts for nothing.
    const { body: pending } = await post('factors/totp', undefined, token)
    for (const id of [pending.id, factor.factorId])
      expect((await api.call(`DELETE ${auth(`factors/${id}`)}`, { token })).status).toBe(204)
    const change = { currentPassword: password, newPassword: 'another long one' }
    expect((await post('password', change, token)).status).toBe(204)
    expect(await notices(email, 7)).toEqual([
      'A second factor was added',
      'New recovery codes were made',
      'A recovery code was used',
      'A recovery code was used',
      'An API key was made',
      'A second factor was removed',
      'Your password was set',
    ])
  })

  test('of another name and of the end, and of what the operator does', async () => {
    const { token, email, username } = await withAddress(api)
    const rename = (name: string) =>
      api.call('PATCH /api/v1/users/me', { token, body: { username: name } })
    const other = unique('other')
    expect((await rename(username)).status).toBe(200)
    expect((await rename(other)).status).toBe(200)
    const set = { command: 'set-password', username: other, password: 'set by the operator' }
    await api.runner.invoke('admin', set)
    await api.runner.invoke('admin', { command: 'reset-factors', username: other })
    const { token: again } = await api.signIn(other, set.password)
    expect((await api.call('DELETE /api/v1/users/me', { token: again })).status).toBe(204)
    expect(await notices(email, 4)).toEqual([
      'Your account was renamed',
      'Your password was set',
      'A second factor was removed',
      'Your account was deleted',
    ])
  })

  test('of each kind of thing twenty times an hour, and no kind takes from another', async () => {
    const { token, email } = await withAddress(api)
    const key = { name: 'a key', scope: 'pupils:read' }
    for (const _ of times(22, String)) {
      const { body } = await post('keys', key, token)
      await api.call(`DELETE ${auth(`keys/${body.id}`)}`, { token })
    }
    await enrolled(api, token)
    const subjects = await notices(email, 21)
    expect(subjects.filter((subject) => subject === 'An API key was made')).toHaveLength(20)
    expect(subjects.at(-1)).toBe('A second factor was added')
  })

  test('and what becomes of mails is counted, without an address', async () => {
    const { email } = await withAddress(api)
    await post('password/forgot', { email: address() })
    await post('password/forgot', { email })
    await linkTo(api, email, /new password/)
    const counted = () =>
      api.logs
        .filter((line) => line.includes('"message":"mail"'))
        .map((line) => JSON.parse(line))
        .map((line) => [line.mail_sent, line.mail_withheld, line.mail_failed, line.failed])
    await expect.poll(() => counted().some(([sent]) => sent === 1)).toBe(true)
    await expect.poll(() => counted().map(([, withheld]) => withheld)).toContain(1)
    for (const [, , failed, outcome] of counted()) expect([failed, outcome]).toEqual([0, 0])
    expect(api.logs.join('\n')).not.toContain(email)
  })

  test('and nobody is who has no verified address', async () => {
    const [username, email] = [unique(), address()]
    await post('signup', { username, password, email })
    const { token } = await api.signIn(username, password)
    await enrolled(api, token)
    const { email: last } = await withAddress(api)
    expect(mailsTo(api, last)).toHaveLength(1)
    const told = mailsTo(api, email).filter(({ subject }) => !subject.startsWith('Confirm'))
    expect(told).toEqual([])
  })
})

describe('the notice of a factor', () => {
  test('has a link that removes it, ends all and voids the password until a reset', async () => {
    const owner = await withAddress(api)
    const thief = await api.signIn(owner.username, password)
    await enrolled(api, thief.token)
    const key = await post('keys', { name: 'a key', scope: 'pupils:read' }, thief.token)
    const link = await linkTo(api, owner.email, /factor was added/)
    expect(link.get('of')).toBe('factor_added')
    expect(await undo(link)).toBe(204)
    for (const token of [thief.token, key.body.key, owner.token])
      expect((await api.call('GET /api/v1/pupils', { token })).status).toBe(401)
    expect((await post('login', { username: owner.username, password })).status).toBe(401)
    const { status, body } = await reset(owner)
    expect(status).toBe(200)
    const { body: listed } = await api.call(`GET ${auth('factors')}`, { token: body.access_token })
    expect(listed).toEqual({ items: [], recoveryCodesLeft: 0 })
    expect(await undo(link)).toBe(400)
  })

  test('leaves the factors that were there before, and takes the codes that came with it', async () => {
    const owner = await withAddress(api)
    const own = await enrolled(api, owner.token)
    api.runner.clock.advance(1000)
    const thiefs = await enrolled(api, owner.token)
    // The newest notice is that of the second factor.
    await notices(owner.email, 2)
    expect(await undo(await linkTo(api, owner.email, /factor was added/))).toBe(204)
    const { body } = await reset(owner)
    const finish = (proof: object) => post('login/factor', { challenge: body.challenge, ...proof })
    const refused = [
      { code: shownCode(api, thiefs.secret) },
      { recoveryCode: thiefs.recoveryCodes[0] },
      { recoveryCode: own.recoveryCodes[0] },
    ]
    for (const proof of refused) expect((await finish(proof)).status).toBe(401)
    expect((await finish({ code: shownCode(api, own.secret) })).status).toBe(200)
  })

  test('undoes it when it was removed again, or the account changed; and not after 7 days', async () => {
    const owner = await withAddress(api)
    const { token, email } = owner
    const { factorId } = await enrolled(api, token)
    await api.call(`DELETE ${auth(`factors/${factorId}`)}`, { token })
    const first = await linkTo(api, email, /factor was added/)
    await api.call('PATCH /api/v1/users/me', { token, body: { username: unique('renamed') } })
    api.runner.clock.advance(7 * day - 60_000)
    expect(await undo(first)).toBe(204)
    const other = await withAddress(api)
    await enrolled(api, other.token)
    const late = await linkTo(api, other.email, /factor was added/)
    api.runner.clock.advance(7 * day + 1000)
    expect(await undo(late)).toBe(400)
    expect(await owesFactor(other)).toBe(true)
  })

  test('undoes a change of the address that came after it too', async () => {
    const owner = await withAddress(api)
    await enrolled(api, owner.token)
    const stolen = address()
    const put = { token: owner.token, body: { email: stolen } }
    expect((await api.call(`PUT ${auth('email')}`, put)).status).toBe(202)
    const token = (await linkTo(api, stolen, /Confirm/)).get('token')
    expect((await post('email/verify', { token })).status).toBe(204)
    const changed = await linkTo(api, owner.email, /being changed/)
    expect(await undo(await linkTo(api, owner.email, /factor was added/))).toBe(204)
    expect((await reset(owner)).status).toBe(200)
    expect(await undo(changed)).toBe(400)
    expect(mailsTo(api, stolen).map(({ subject }) => subject)).not.toContain(
      'Choose a new password',
    )
  })
})

describe('undoing a change of the address', () => {
  const change = (token: string, email: string) =>
    api.call(`PUT ${auth('email')}`, { token, body: { email } })

  test('removes the factors and codes of the 7 days before and since, and no older one', async () => {
    const owner = await withAddress(api)
    const own = await enrolled(api, owner.token)
    api.runner.clock.advance(8 * day)
    const { body } = await post('login', { username: owner.username, password })
    const code = shownCode(api, own.secret)
    const { body: thief } = await post('login/factor', { challenge: body.challenge, code })
    api.runner.clock.advance(30_000)
    const before = await enrolled(api, thief.access_token)
    expect((await change(thief.access_token, address())).status).toBe(202)
    const since = await enrolled(api, thief.access_token)
    expect(await undo(await linkTo(api, owner.email, /being changed/))).toBe(204)
    const { body: back } = await reset(owner)
    const finish = (proof: object) => post('login/factor', { challenge: back.challenge, ...proof })
    for (const { secret, recoveryCodes } of [before, since]) {
      expect((await finish({ code: shownCode(api, secret) })).status).toBe(401)
      expect((await finish({ recoveryCode: recoveryCodes[0] })).status).toBe(401)
    }
    expect((await finish({ code: shownCode(api, own.secret) })).status).toBe(200)
  })

  test('leaves older codes to somebody whose factor was not imported', async () => {
    const owner = await withAddress(api)
    const { username, email } = owner
    const { recoveryCodes } = await enrolled(api, owner.token)
    const page = { command: 'export-page', resource: 'users' }
    const exported = (await api.runner.invoke('admin', page)) as Exported
    const records = exported.records.filter(({ item }) => item.id === owner.id)
    await api.call('DELETE /api/v1/users/me', { token: owner.token })
    const batch = { command: 'import-batch', resource: 'users', records }
    expect(await api.runner.invoke('admin', batch)).toEqual({ outcomes: ['created'] })
    api.runner.clock.advance(8 * day)
    const finish = (challenge: string, recoveryCode?: string) =>
      post('login/factor', { challenge, recoveryCode })
    const { body } = await post('login', { username, password })
    const { body: tokens } = await finish(body.challenge, recoveryCodes[0])
    expect((await change(tokens.access_token, address())).status).toBe(202)
    expect(await undo(await linkTo(api, email, /being changed/))).toBe(204)
    const { body: back } = await reset(owner)
    expect((await finish(back.challenge, recoveryCodes[1])).status).toBe(200)
  })

  test('of several wins the oldest; and what comes after ten goes with the last of them', async () => {
    const owner = await withAddress(api)
    const { token, email } = owner
    for (const _ of times(11, String)) expect((await change(token, address())).status).toBe(202)
    await enrolled(api, token)
    await notices(email, 12)
    const changes = mailsTo(api, email).filter(({ subject }) => /being changed/.test(subject))
    const links = changes.map(({ text }) => new URL(/https?:\S+/.exec(text)?.[0] ?? '').hash)
    const [newest, tenth, , oldest] = [links[0], links[1], links[2], links.at(-1)].map(
      (hash) => new URLSearchParams(hash?.slice(1)),
    )
    if (!newest || !tenth || !oldest) throw new Error('Mails are missing')
    expect(await undo(newest)).toBe(204)
    expect(await owesFactor(owner)).toBe(false)
    expect(await undo(tenth)).toBe(400)
    expect(await undo(oldest)).toBe(204)
    // Both have mailed a reset.
    await notices(email, 14)
    expect((await reset(owner)).status).toBe(200)
  })

  test('works when another account has the address by now: whoever changed it is out', async () => {
    const owner = await withAddress(api)
    const stolen = address()
    expect((await change(owner.token, stolen)).status).toBe(202)
    const token = (await linkTo(api, stolen, /Confirm/)).get('token')
    expect((await post('email/verify', { token })).status).toBe(204)
    const link = await linkTo(api, owner.email, /being changed/)
    const count = mailsTo(api, owner.email).length
    await post('signup', { username: unique(), password, email: owner.email })
    await expect.poll(() => mailsTo(api, owner.email).length).toBeGreaterThan(count)
    const own = (await linkTo(api, owner.email, /Confirm/)).get('token')
    expect((await post('email/verify', { token: own })).status).toBe(204)
    expect(await undo(link)).toBe(204)
    expect((await post('login', { email: stolen, password })).status).toBe(401)
    expect((await post('login', { username: owner.username, password })).status).toBe(401)
    await post('password/forgot', { email: stolen })
    await withAddress(api)
    expect(mailsTo(api, stolen).filter(({ subject }) => /new password/.test(subject))).toEqual([])
  })
})
