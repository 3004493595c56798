import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { capacity, resetCapacity } from '../../functions/invocation/capacity.ts'
import { fromAttributeValues, toAttributeValues } from '../../functions/store/attribute-values.ts'
import type { OperationName } from '../../functions/store/client.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { pupils } from '../fixtures/resources/pupils.ts'
import { slowness } from '../machine.ts'
import { startStore } from './engine.ts'

const TableName = 'table-pupils'
const item = {
  id: 'one',
  text: 'Žofie 🎓',
  empty: '',
  number: -1.5e-7,
  whole: Number.MAX_SAFE_INTEGER,
  yes: true,
  nothing: null,
  list: ['a', 1, { deep: [null, false] }],
  map: { Key: { Item: 'a name as any other' } },
}

type Call = typeof import('../../functions/store/client.ts').call

/** An operation with its input, to be sent more than once. */
interface Command {
  readonly name: OperationName
  readonly input: object
}

function command(name: OperationName): (input: object) => Command {
  return (input) => ({ name, input })
}

let engine: Engine
beforeAll(async () => {
  engine = await startStore(pupils)
})
afterAll(() => engine?.stop())

describe('each operation', () => {
  let call: Call
  const send = ({ name, input }: Command) => call(name, input as never)
  beforeAll(async () => {
    call = (await import('../../functions/store/client.ts')).call
    for (const id of ['a', 'b']) await call('DeleteItem', { TableName, Key: { id } })
  })

  test('gives back what was put, undefined attributes apart', async () => {
    await call('PutItem', { TableName, Item: { ...item, gone: undefined } })
    const read = command('GetItem')({ TableName, Key: { id: 'one' } })
    expect(await send(read)).toMatchObject({ Item: item })
    expect(await send(read)).not.toHaveProperty('Item.gone')
  })

  test('answers without an item where there is none', async () => {
    const read = command('GetItem')({ TableName, Key: { id: 'none' } })
    expect(await send(read)).not.toHaveProperty('Item')
  })

  test('updates and deletes with values, and answers the attributes', async () => {
    const update = command('UpdateItem')({
      TableName,
      Key: { id: 'two' },
      UpdateExpression: 'SET #list = :list',
      ExpressionAttributeNames: { '#list': 'list' },
      ExpressionAttributeValues: { ':list': [1, { two: 2 }] },
      ReturnValues: 'ALL_NEW',
    })
    const two = { id: 'two', list: [1, { two: 2 }] }
    expect(await send(update)).toMatchObject({ Attributes: two })
    const remove = command('DeleteItem')({ TableName, Key: { id: 'two' }, ReturnValues: 'ALL_OLD' })
    expect(await send(remove)).toMatchObject({ Attributes: two })
  })

  test('writes transactions and batches, and queries by pages', async () => {
    const place = (seq: string) => ({ id: seq, _shard: '0', _seq: seq, age: 36 })
    await call('TransactWriteItems', { TransactItems: [{ Put: { TableName, Item: place('a') } }] })
    const requests = [{ PutRequest: { Item: place('b') } }]
    await call('BatchWriteItem', { RequestItems: { [TableName]: requests } })
    const query = {
      TableName,
      IndexName: 'list',
      KeyConditionExpression: '#shard = :shard',
      ExpressionAttributeNames: { '#shard': '_shard' },
      ExpressionAttributeValues: { ':shard': '0' },
      Limit: 1,
    }
    const first = (await call('Query', query)) as {
      Items: object[]
      LastEvaluatedKey: Record<string, unknown>
    }
    expect(first.Items).toEqual([place('a')])
    expect(first.LastEvaluatedKey).toEqual({ id: 'a', _shard: '0', _seq: 'a' })
    const rest = command('Query')({ ...query, ExclusiveStartKey: first.LastEvaluatedKey })
    expect(await send(rest)).toMatchObject({ Items: [place('b')] })
  })

  test('counts what was consumed, reads apart from writes', async () => {
    resetCapacity()
    await call('GetItem', { TableName, Key: { id: 'one' }, ConsistentRead: true })
    expect(capacity).toEqual({ read: 1, write: 0 })
    await call('PutItem', { TableName, Item: { id: 'three' } })
    expect(capacity).toEqual({ read: 1, write: 1 })
  })
})

describe('what goes wrong', () => {
  let server: Server
  let call: Call
  const send = ({ name, input }: Command) => call(name, input as never)
  /** How the next requests are answered; those after them succeed. */
  let faults: Fault[] = []
  let bodies: string[] = []
  beforeAll(async () => {
    server = createServer((request, answer) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        bodies.push(body)
        const { status = 200, type, drop, silent, text, ...more } = faults.shift() ?? {}
        if (drop) return void request.socket.destroy()
        if (silent) return
        answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
        answer.end(text ?? JSON.stringify(type ? { __type: `com.amazonaws#${type}`, ...more } : {}))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    vi.stubEnv(
      'AWS_ENDPOINT_URL_DYNAMODB',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    )
    vi.resetModules()
    call = (await import('../../functions/store/client.ts')).call
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    server?.closeAllConnections()
    server?.close()
  })
  beforeEach(() => {
    faults = []
    bodies = []
  })

  const read = command('GetItem')({ TableName, Key: { id: 'one' } })
  const transaction = command('TransactWriteItems')({
    TransactItems: [{ Put: { TableName, Item: { id: 'one' } } }],
  })

  test.each<[string, Fault]>([
    ['an error of DynamoDB', { status: 500, type: 'InternalServerError' }],
    ['an answer that is none', { status: 502, text: '<html>' }],
    ['a lost connection', { drop: true }],
  ])('%s is tried again, three times', async (_, fault) => {
    faults = [fault, fault, fault]
    await send(read)
    expect(bodies).toHaveLength(4)
    faults = [fault, fault, fault, fault]
    await expect(send(read)).rejects.toMatchObject({ $metadata: {} })
    expect(bodies).toHaveLength(8)
  })

  test('throttling is waited for', async () => {
    faults = [{ status: 400, type: 'ProvisionedThroughputExceededException' }]
    await send(read)
    expect(bodies).toHaveLength(2)
  })

  test('a transaction is sent again with the token that it had', async () => {
    faults = [{ drop: true }]
    await send(transaction)
    const [first, second] = bodies.map((body) => JSON.parse(body).ClientRequestToken)
    expect(first).toMatch(/^[0-9a-f-]{36}$/)
    expect(second).toBe(first)
    await send(transaction)
    expect(JSON.parse(bodies[2] ?? '').ClientRequestToken).not.toBe(first)
  })

  test('a failed condition is no reason to try again', async () => {
    faults = [{ status: 400, type: 'ConditionalCheckFailedException', message: 'no' }]
    const failure = await send(read).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ConditionalCheckFailedException)
    expect(failure).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'no',
      $metadata: { httpStatusCode: 400 },
    })
    expect(bodies).toHaveLength(1)
  })

  test('a cancelled transaction says why', async () => {
    const CancellationReasons = [{ Code: 'None' }, { Code: 'TransactionConflict' }]
    faults = [{ status: 400, type: 'TransactionCanceledException', CancellationReasons }]
    const failure = await send(transaction).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TransactionCanceledException)
    expect(failure).toMatchObject({ CancellationReasons })
    expect(bodies).toHaveLength(1)
  })

  test('what is not allowed is not tried again', async () => {
    faults = [{ status: 400, type: 'AccessDeniedException', Message: 'no' }]
    await expect(send(read)).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(bodies).toHaveLength(1)
  })

  test('silence is borne as long as the invocation has time', async () => {
    faults = [{ silent: true }]
    const { startDeadline } = await import('../../functions/invocation/deadline.ts')
    startDeadline({ getRemainingTimeInMillis: () => 50 * slowness() })
    await expect(send(read)).rejects.toThrow()
    expect(bodies).toHaveLength(1)
    startDeadline({ getRemainingTimeInMillis: () => 60_000 })
    await send(read)
  })

  test('an attempt has a fifth of the time of the invocation', async () => {
    const { attemptTime, startDeadline } = await import('../../functions/invocation/deadline.ts')
    for (const whole of [10_000, 60_000]) {
      startDeadline({ getRemainingTimeInMillis: () => whole })
      expect(attemptTime()).toBe(whole / 5)
    }
  })
})

interface Fault {
  readonly status?: number
  readonly type?: string
  readonly message?: string
  readonly Message?: string
  readonly CancellationReasons?: readonly object[]
  readonly text?: string
  readonly drop?: boolean
  readonly silent?: boolean
}

test.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1n, new Set(['a']), new Date(), () => 1])(
  '%s cannot be stored',
  (value) => {
    expect(() => toAttributeValues({ value })).toThrow(TypeError)
    expect(() => toAttributeValues({ list: [value] })).toThrow(TypeError)
  },
)

test('what the store never writes is not read either', () => {
  expect(() => fromAttributeValues({ set: { SS: ['a'] } })).toThrow(TypeError)
})
