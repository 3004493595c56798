import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { capacity, resetCapacity } from '../../functions/config/capacity.ts'
import { students } from '../../functions/resources/students.ts'
import { fromAttributeValues, toAttributeValues } from '../../functions/store/attribute-values.ts'
import { sendDocument } from '../../functions/store/client.ts'
import type { Engine } from '../../infra/local/engine.ts'
import { startStore } from './engine.ts'

const TableName = 'table-students'
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

describe('the client, each operation', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await startStore(students)
  })
  afterAll(() => engine?.stop())

  test('gives back what was put, undefined attributes apart', async () => {
    await sendDocument(new PutCommand({ TableName, Item: { ...item, gone: undefined } }))
    const read = new GetCommand({ TableName, Key: { id: 'one' } })
    expect(await sendDocument(read)).toMatchObject({ Item: item })
    expect(await sendDocument(read)).not.toHaveProperty('Item.gone')
  })

  test('answers without an item where there is none', async () => {
    const read = new GetCommand({ TableName, Key: { id: 'none' } })
    expect(await sendDocument(read)).not.toHaveProperty('Item')
  })

  test('updates and deletes with values, and answers the attributes', async () => {
    const update = new UpdateCommand({
      TableName,
      Key: { id: 'two' },
      UpdateExpression: 'SET #list = :list',
      ExpressionAttributeNames: { '#list': 'list' },
      ExpressionAttributeValues: { ':list': [1, { two: 2 }] },
      ReturnValues: 'ALL_NEW',
    })
    const two = { id: 'two', list: [1, { two: 2 }] }
    expect(await sendDocument(update)).toMatchObject({ Attributes: two })
    const remove = new DeleteCommand({ TableName, Key: { id: 'two' }, ReturnValues: 'ALL_OLD' })
    expect(await sendDocument(remove)).toMatchObject({ Attributes: two })
  })

  test('writes transactions and batches, and queries by pages', async () => {
    const place = (seq: string) => ({ id: seq, _shard: '0', _seq: seq, age: 36 })
    await sendDocument(
      new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: place('a') } }] }),
    )
    const requests = [{ PutRequest: { Item: place('b') } }]
    await sendDocument(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }))
    const query = {
      TableName,
      IndexName: 'list',
      KeyConditionExpression: '#shard = :shard',
      ExpressionAttributeNames: { '#shard': '_shard' },
      ExpressionAttributeValues: { ':shard': '0' },
      Limit: 1,
    }
    const first = (await sendDocument(new QueryCommand(query))) as {
      Items: object[]
      LastEvaluatedKey: Record<string, unknown>
    }
    expect(first.Items).toEqual([place('a')])
    expect(first.LastEvaluatedKey).toEqual({ id: 'a', _shard: '0', _seq: 'a' })
    const rest = new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey })
    expect(await sendDocument(rest)).toMatchObject({ Items: [place('b')] })
  })

  test('counts what was consumed, reads apart from writes', async () => {
    resetCapacity()
    await sendDocument(new GetCommand({ TableName, Key: { id: 'one' }, ConsistentRead: true }))
    expect(capacity).toEqual({ read: 1, write: 0 })
    await sendDocument(new PutCommand({ TableName, Item: { id: 'three' } }))
    expect(capacity).toEqual({ read: 1, write: 1 })
  })

  test('has no operation that reads a whole table', async () => {
    await expect(sendDocument(new ScanCommand({ TableName }))).rejects.toThrow('does not know')
  })
})

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
