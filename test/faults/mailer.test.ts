import { beforeAll, expect, test, vi } from 'vitest'
import type { AwsCall, Fault } from '../../infra/local/aws/calls.ts'
import { useApi } from '../api/harness.ts'
import { mailsTo, withAddress } from '../api/mails.ts'
import { repetitions } from '../auth/support.ts'
import { slowness } from '../machine.ts'
import { kindsOf, nameOf } from './kinds.ts'

/** What goes wrong with the mailer's calls. */
let fault: ((call: AwsCall) => Fault | undefined) | undefined

const api = useApi({
  intercept: (call) => (call.function === 'mailer' ? fault?.(call) : undefined),
})

/** A lasting outage ends when the mailer has met it this often. */
const meetings = 12

let steps: readonly AwsCall[]
beforeAll(async () => {
  await mailAfter(() => undefined)
  api.runner.calls.reset()
  await mailAfter(() => undefined)
  steps = api.runner.calls().filter((call) => call.function === 'mailer')
})

/**
 * Asks for a reset while `wrong` happens, for a new account: a second copy of an earlier mail may
 * yet arrive.
 * @returns the links that arrive
 */
async function mailAfter(wrong: NonNullable<typeof fault>): Promise<Set<string | undefined>> {
  const person = await withAddress(api)
  // A caller may ask for only a few mails an hour.
  api.runner.clock.advance(60 * 60 * 1000)
  const before = mailsTo(api, person.email).length
  fault = wrong
  const body = { email: person.email }
  expect((await api.call('POST /api/v1/auth/password/forgot', { body })).status).toBe(202)
  const sent = () => mailsTo(api, person.email).slice(0, -before || undefined)
  await vi.waitUntil(() => sent().length > 0, { timeout: 60_000 * slowness() })
  fault = undefined
  return new Set(sent().map(({ text }) => /token=([^&\s]+)/.exec(text)?.[1]))
}

test('every call of the mailer, gone wrong in every way: the mail is sent, with one token', async () => {
  const every = repetitions(1, 2)
  // A new instance begins with calls of its own, so a call is told by its name, not by its place.
  const calls = new Map(steps.map((call) => [nameOf(call), call]))
  expect([...calls.keys()]).toContain('SendEmail')
  for (const [name, call] of calls) {
    const kinds = kindsOf(call).filter((_, index) => index % every === every - 1)
    for (const kind of kinds) {
      let met = 0
      const links = await mailAfter((current) => {
        if (nameOf(current) !== name || met >= (kind.lasting ? meetings : 1)) return undefined
        met += 1
        return kind.fault(current)
      })
      expect([name, kind.name, met > 0, links.size]).toEqual([name, kind.name, true, 1])
    }
  }
})
