import { expect, test } from 'vitest'
import { stages } from '../../infra/stages.ts'
import { synthesize } from '../assembly.ts'
import { enrolled, shownCode } from './authenticator.ts'
import { password, unique, useApi } from './harness.ts'

const api = useApi(async () => ({
  direct: false,
  assembly: await synthesize({ ...stages.local, mailFrom: '', appUrl: '' }),
}))
const email = 'ada@example.org'

test('a stage that sends no mail has no addresses and none of their routes', async () => {
  const body = { username: unique(), password, email }
  for (const route of ['signup', 'login']) {
    const { email: _email, username, ...rest } = body
    const sent = route === 'login' ? { ...rest, email } : { ...rest, username, email }
    const { status, body: problem } = await api.call(`POST /api/v1/auth/${route}`, { body: sent })
    expect(status).toBe(422)
    expect(JSON.stringify(problem.errors)).toContain('"/email","detail":"is not a known field"')
  }
  const { token } = await api.signUp()
  for (const route of [
    'POST /api/v1/auth/password/forgot',
    'POST /api/v1/auth/password/reset',
    'PUT /api/v1/auth/email',
    'POST /api/v1/auth/email/verify',
    'POST /api/v1/auth/undo',
  ]) {
    const [method = '', path = ''] = route.split(' ')
    // Not through the harness, whose document is that of a stage with mail.
    const answer = await fetch(api.runner.origin + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ email }),
    })
    const { code } = (await answer.json()) as { code: string }
    expect([answer.status, code], route).toEqual([404, 'not_found'])
  }
  const { body: home } = await api.call('GET /api/v1')
  const linked = Object.values(home._links).map((link) => (link as { href: string }).href)
  expect(linked.filter((href) => /email|forgot|reset|undo/.test(href))).toEqual([])
  expect(linked).toContain('/api/v1/auth/keys')
})

test('where nobody is mailed an admin sets any password, and keys and factors cost nothing more', async () => {
  const username = unique()
  const item = { username, email, emailVerified: true }
  const batch = { resource: 'users', records: [{ item, withoutPassword: true }] }
  await api.runner.invoke('admin', { command: 'import-batch', ...batch })
  const { token: admin } = api.admin
  const { body } = await api.call(`GET /api/v1/users?username=${username}`, { token: admin })
  const path = `POST /api/v1/users/${body.items[0].id}/password`
  const reset = await api.call(path, { token: admin, body: { reset: true } })
  expect([reset.status, reset.body.code]).toEqual([422, 'validation_failed'])
  const set = await api.call(path, { token: admin, body: { newPassword: password } })
  expect(set.status).toBe(204)

  const { token } = await api.signIn(username, password)
  api.runner.calls.reset()
  const key = { name: 'a key', scope: 'pupils:read' }
  expect((await api.call('POST /api/v1/auth/keys', { token, body: key })).status).toBe(201)
  const { secret, recoveryCodes } = await enrolled(api, token)
  const { body: asked } = await api.call('POST /api/v1/auth/login', {
    body: { username, password },
  })
  const finish = (proof: object) =>
    api.call('POST /api/v1/auth/login/factor', { body: { challenge: asked.challenge, ...proof } })
  expect((await finish({ recoveryCode: recoveryCodes[0] })).status).toBe(200)
  expect((await finish({ code: shownCode(api, secret) })).status).toBe(401)
  const calls = api.runner.calls()
  expect(JSON.stringify(calls.map(({ request }) => request))).not.toContain('outbox')
  const ofKeys = calls.filter(({ function: by }) => by === 'tokens')
  expect(ofKeys.map(({ operation }) => operation)).toEqual(['Query', 'TransactWriteItems'])
})
