import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonOf, type Started, scratch, start, synthesize } from '../fixture.ts'

let assembly: string
let runner: Started
const dataDir = join(scratch, 'mail')

beforeAll(async () => {
  assembly = await synthesize()
  runner = await start({ assembly, dataDir })
}, 60_000)
afterAll(() => runner?.stop())

const content = (subject: string) => ({
  Simple: {
    Subject: { Data: subject },
    Body: { Text: { Data: 'Open https://example.org/#token=t' }, Html: { Data: '<b>Open</b>' } },
  },
})

interface Sent {
  status: number
  text: string
}

function sendEmail(request: object): Promise<Sent> {
  return runner.command('send', {
    service: 'ses',
    path: '/v2/email/outbound-emails',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      FromEmailAddress: 'Demo <no-reply@example.org>',
      Destination: { ToAddresses: ['ann@example.com'] },
      Content: content('First'),
      ...request,
    }),
  })
}

const mails = async () => jsonOf(await fetch(`${runner.origin}/local/mail.json`))

test('a mail that a function sends is shown, newest first, and survives a restart', async () => {
  expect(JSON.parse((await sendEmail({})).text)).toEqual({ MessageId: expect.any(String) })
  runner.clock.advance(1000)
  const ToAddresses = ['ann@example.com', 'Bob <bob@example.com>']
  await sendEmail({ Content: content('Second'), Destination: { ToAddresses } })
  const [second, first] = await mails()
  expect(first).toEqual({
    from: 'Demo <no-reply@example.org>',
    to: 'ann@example.com',
    subject: 'First',
    text: 'Open https://example.org/#token=t',
    html: '<b>Open</b>',
    sentAt: expect.stringMatching(/^\d{4}-.*Z$/),
  })
  expect(second).toMatchObject({ to: 'ann@example.com, Bob <bob@example.com>', subject: 'Second' })
  expect(second.sentAt > first.sentAt).toBe(true)
  expect(runner.mails()).toEqual([second, first])
  await runner.stop()
  expect(statSync(join(dataDir, 'mail.json')).mode & 0o777).toBe(0o600)
  runner = await start({ assembly, dataDir })
  expect(await mails()).toEqual([second, first])
})

test('who may not send as somebody is refused, and nothing is sent', async () => {
  const before = await mails()
  const refused = await sendEmail({ FromEmailAddress: 'boss@example.net' })
  expect(refused.status).toBe(400)
  expect(refused.text).toMatch(/AccessDenied.*ses:SendEmail on resource: .*identity\/example.net/)
  expect(await mails()).toEqual(before)
})

test('what SES would refuse is refused', async () => {
  const answers = await Promise.all(
    [
      { Destination: {} },
      { Destination: { ToAddresses: ['nobody'] } },
      { Content: { Simple: { Body: { Text: { Data: 'x' } } } } },
      { Content: { Raw: {} } },
    ].map((request) => sendEmail(request)),
  )
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400])
})

test('the page shows mails by its own script alone', async () => {
  const page = await fetch(`${runner.origin}/local/mail`)
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*'sha256-/)
  expect(await page.text()).toContain('allow-popups allow-popups-to-escape-sandbox')
})
