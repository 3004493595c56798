import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { start, synthesize } from '../fixture.ts'

let assembly: string

beforeAll(async () => {
  assembly = await synthesize()
})
afterEach(() => {
  vi.unstubAllEnvs()
})

interface Sent {
  status: number
  text: string
}

test('a call that the runner does not offer is answered with its name, whatever its protocol', async () => {
  const runner = await start({ assembly })
  const calls: [object, string][] = [
    [
      { service: 'sqs', headers: { 'x-amz-target': 'AmazonSQS.SendMessage' }, body: '{}' },
      'sqs: SendMessage',
    ],
    [{ service: 's3', path: '/bucket/key?x-id=PutObject' }, 's3: PutObject'],
    [
      {
        service: 'sns',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Action=Publish&Version=2010-03-31',
      },
      'sns: Publish',
    ],
    [
      { service: 'ses', path: '/v2/email/identities', body: '{}' },
      'ses: POST /v2/email/identities',
    ],
  ]
  for (const [call, name] of calls) {
    const answer: Sent = await runner.command('send', call)
    expect([answer.status, answer.text]).toEqual([
      501,
      expect.stringContaining(`not offer ${name}.`),
    ])
    expect(runner.lines.join()).toContain(`not offer ${name}.`)
  }
  await runner.stop()
})

test('a service that somebody else offers is called there', async () => {
  const asked: unknown[] = []
  const sqs = createServer((incoming, answer) => {
    asked.push(incoming.headers['x-amz-target'])
    answer.end('{"MessageId":"1"}')
  })
  await new Promise<void>((resolve) => sqs.listen(0, '127.0.0.1', resolve))
  const { port } = sqs.address() as AddressInfo
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', `http://127.0.0.1:${port}`)
  const runner = await start({ assembly })
  const headers = { 'x-amz-target': 'AmazonSQS.SendMessage' }
  const answer = await runner.command('send', { service: 'sqs', headers, body: '{}' })
  expect(answer).toEqual({ status: 200, text: '{"MessageId":"1"}' })
  expect(asked).toEqual(['AmazonSQS.SendMessage'])
  await runner.stop()
  sqs.close()
})
