import { expect, vi } from 'vitest'
import { slowness } from '../machine.ts'
import { type Api, type Person, password, unique } from './harness.ts'

/** An address that no other test uses; people write them in capitals too. */
export function address(): string {
  return `${unique('Person')}@example.org`
}

/** The mails to an address, newest first. */
export function mailsTo({ runner }: Api, to: string) {
  return runner.mails().filter((mail) => mail.to.includes(to))
}

/** The fragment of the link in the newest mail with such a subject, which may still be on its way. */
export async function linkTo(api: Api, to: string, subject: RegExp): Promise<URLSearchParams> {
  const found = () => mailsTo(api, to).find((mail) => subject.test(mail.subject))
  await vi.waitUntil(found, { timeout: 60_000 * slowness() })
  const [link = ''] = /https?:\S+/.exec(found()?.text ?? '') ?? []
  expect(new URL(link).pathname).toBe('/account')
  return new URLSearchParams(new URL(link).hash.slice(1))
}

/** Somebody who has signed up with an address, verified it and signed in. */
export async function withAddress(
  api: Api,
  email = address(),
): Promise<Person & { email: string }> {
  const username = unique()
  const answer = await api.call('POST /api/v1/auth/signup', { body: { username, password, email } })
  expect(answer.status, answer.text).toBe(201)
  expect(answer.body).toMatchObject({ email, emailVerified: false })
  const token = (await linkTo(api, email, /Confirm/)).get('token')
  const verified = await api.call('POST /api/v1/auth/email/verify', { body: { token } })
  expect(verified.status, verified.text).toBe(204)
  return { ...(await api.signIn(username, password)), email }
}
