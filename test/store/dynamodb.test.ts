import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { transact } from '../../functions/store/dynamodb.ts'

/** What DynamoDB answers to one transaction after the other: the reasons that it was cancelled. */
let answers: string[][] = []
let asked = 0

describe('transact', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer((request, answer) => {
      request.resume().on('end', () => {
        asked += 1
        const reasons = answers.shift()
        const body = reasons && {
          __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
          CancellationReasons: reasons.map((Code) => ({ Code })),
        }
        answer.writeHead(body ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
        answer.end(JSON.stringify(body ?? {}))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    })
  })
  afterAll(() => server?.close())
  beforeEach(() => {
    answers = []
    asked = 0
  })

  const steps = ['first', 'second', 'third'].map((failure) => ({
    write: { Put: { TableName: 'table', Item: { id: failure } } },
    failure,
  }))
  const none = 'None'
  const failed = 'ConditionalCheckFailed'
  const conflict = 'TransactionConflict'

  test('answers nothing when all is written', async () => {
    expect(await transact(steps)).toBeUndefined()
    expect(asked).toBe(1)
  })

  test('answers for the first condition that failed', async () => {
    answers = [[none, failed, failed]]
    expect(await transact(steps)).toBe('second')
  })

  test('tries again after collisions, throttling included', async () => {
    answers = [
      [none, conflict, none],
      ['ThrottlingError', none, none],
    ]
    expect(await transact(steps)).toBeUndefined()
    expect(asked).toBe(3)
  })

  test('takes no condition for failed while an earlier step collides', async () => {
    answers = [
      [conflict, none, failed],
      [failed, none, failed],
    ]
    expect(await transact(steps)).toBe('first')
  })

  test('does not wait for a later collision when an earlier condition failed', async () => {
    answers = [[failed, conflict, none]]
    expect(await transact(steps)).toBe('first')
    expect(asked).toBe(1)
  })

  test('gives up on what cannot be written', async () => {
    answers = [[none, 'ValidationError', none]]
    await expect(transact(steps)).rejects.toMatchObject({ name: 'TransactionCanceledException' })
  })
})
