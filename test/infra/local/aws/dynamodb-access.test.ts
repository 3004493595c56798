import { expect, test } from 'vitest'
import { compileNeeds } from '../../../../infra/local/aws/dynamodb-access.ts'
import type { TableModel } from '../../../../infra/local/model.ts'

const table: TableModel = {
  id: 'T',
  name: 'Memos',
  arn: 'arn:table/Memos',
  streamArn: undefined,
  keys: [
    { AttributeName: 'userId', KeyType: 'HASH' },
    { AttributeName: 'id', KeyType: 'RANGE' },
  ],
  attributes: [],
  globalIndexes: [
    { IndexName: 'byTag', KeySchema: [{ AttributeName: 'tag', KeyType: 'HASH' }], Projection: {} },
  ],
  localIndexes: [],
  streamView: undefined,
  ttlAttribute: undefined,
}
const needsOf = compileNeeds([table], 'arn:table/')
const brief = (operation: string, request: object) =>
  needsOf(operation, request as Record<string, unknown>)?.map(({ action, resource }) => [
    action,
    resource,
  ])
const contextOf = (operation: string, request: object) =>
  needsOf(operation, request as Record<string, unknown>)?.[0]?.context()
const key = (userId: string) => ({ userId: { S: userId }, id: { S: '1' } })

test.each([
  ['GetItem', { TableName: 'Memos' }, [['dynamodb:GetItem', 'arn:table/Memos']]],
  ['GetItem', { TableName: 'arn:table/Memos' }, [['dynamodb:GetItem', 'arn:table/Memos']]],
  [
    'Query',
    { TableName: 'Memos', IndexName: 'byTag' },
    [['dynamodb:Query', 'arn:table/Memos/index/byTag']],
  ],
  [
    'BatchWriteItem',
    { RequestItems: { Memos: [], Users: [] } },
    [
      ['dynamodb:BatchWriteItem', 'arn:table/Memos'],
      ['dynamodb:BatchWriteItem', 'arn:table/Users'],
    ],
  ],
  [
    'TransactWriteItems',
    {
      TransactItems: [
        { Put: { TableName: 'A' } },
        { Update: { TableName: 'B' } },
        { Delete: { TableName: 'C' } },
        { ConditionCheck: { TableName: 'D' } },
      ],
    },
    [
      ['dynamodb:PutItem', 'arn:table/A'],
      ['dynamodb:UpdateItem', 'arn:table/B'],
      ['dynamodb:DeleteItem', 'arn:table/C'],
      ['dynamodb:ConditionCheckItem', 'arn:table/D'],
    ],
  ],
  [
    'TransactGetItems',
    { TransactItems: [{ Get: { TableName: 'A' } }] },
    [['dynamodb:GetItem', 'arn:table/A']],
  ],
  ['CreateTable', { TableName: 'A' }, undefined],
])('%s of %j', (operation, request, needs) => {
  expect(brief(operation, request)).toEqual(needs)
})

test.each([
  ['GetItem', { TableName: 'Memos', Key: key('u1') }, ['u1']],
  ['PutItem', { TableName: 'Memos', Item: key('u2') }, ['u2']],
  [
    'Query',
    {
      TableName: 'Memos',
      KeyConditionExpression: '#u = :u AND id > :id',
      ExpressionAttributeNames: { '#u': 'userId' },
      ExpressionAttributeValues: { ':u': { S: 'u3' }, ':id': { S: '0' } },
    },
    ['u3'],
  ],
  ['BatchGetItem', { RequestItems: { Memos: { Keys: [key('a'), key('b')] } } }, ['a', 'b']],
  [
    'BatchWriteItem',
    {
      RequestItems: {
        Memos: [{ PutRequest: { Item: key('c') } }, { DeleteRequest: { Key: key('d') } }],
      },
    },
    ['c', 'd'],
  ],
  ['Scan', { TableName: 'Memos' }, undefined],
])('the leading keys of %s', (operation, request, keys) => {
  expect(contextOf(operation, request)?.['dynamodb:LeadingKeys']).toEqual(keys)
})

test('the attributes of a request are those of its items and expressions', () => {
  const context = contextOf('UpdateItem', {
    TableName: 'Memos',
    Key: key('u'),
    UpdateExpression: 'SET #t = :t, views = if_not_exists(views, :zero) REMOVE draft',
    ConditionExpression: 'attribute_exists(id) AND version = :v',
    ExpressionAttributeNames: { '#t': 'title' },
  })
  expect([...(context?.['dynamodb:Attributes'] ?? [])].sort()).toEqual(
    ['draft', 'id', 'title', 'userId', 'version', 'views'].sort(),
  )
})
