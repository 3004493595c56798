import { expect, test } from 'vitest'
import { compileNeeds } from '../../../../infra/local/aws/dynamodb-access.ts'
import type { TableModel } from '../../../../infra/local/model.ts'

const table: TableModel = {
  id: 'T',
  name: 'Posts',
  arn: 'arn:table/Posts',
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
  ['GetItem', { TableName: 'Posts' }, [['dynamodb:GetItem', 'arn:table/Posts']]],
  ['GetItem', { TableName: 'arn:table/Posts' }, [['dynamodb:GetItem', 'arn:table/Posts']]],
  [
    'Query',
    { TableName: 'Posts', IndexName: 'byTag' },
    [['dynamodb:Query', 'arn:table/Posts/index/byTag']],
  ],
  [
    'BatchWriteItem',
    { RequestItems: { Posts: [], Users: [] } },
    [
      ['dynamodb:BatchWriteItem', 'arn:table/Posts'],
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
  ['GetItem', { TableName: 'Posts', Key: key('u1') }, ['u1']],
  ['PutItem', { TableName: 'Posts', Item: key('u2') }, ['u2']],
  [
    'Query',
    {
      TableName: 'Posts',
      KeyConditionExpression: '#u = :u AND id > :id',
      ExpressionAttributeNames: { '#u': 'userId' },
      ExpressionAttributeValues: { ':u': { S: 'u3' }, ':id': { S: '0' } },
    },
    ['u3'],
  ],
  ['BatchGetItem', { RequestItems: { Posts: { Keys: [key('a'), key('b')] } } }, ['a', 'b']],
  [
    'BatchWriteItem',
    {
      RequestItems: {
        Posts: [{ PutRequest: { Item: key('c') } }, { DeleteRequest: { Key: key('d') } }],
      },
    },
    ['c', 'd'],
  ],
  ['Scan', { TableName: 'Posts' }, undefined],
])('the leading keys of %s', (operation, request, keys) => {
  expect(contextOf(operation, request)?.['dynamodb:LeadingKeys']).toEqual(keys)
})

test('the attributes of a request are those of its items and expressions', () => {
  const context = contextOf('UpdateItem', {
    TableName: 'Posts',
    Key: key('u'),
    UpdateExpression: 'SET #t = :t, views = if_not_exists(views, :zero) REMOVE draft',
    ConditionExpression: 'attribute_exists(id) AND version = :v',
    ExpressionAttributeNames: { '#t': 'title' },
  })
  expect([...(context?.['dynamodb:Attributes'] ?? [])].sort()).toEqual(
    ['draft', 'id', 'title', 'userId', 'version', 'views'].sort(),
  )
})
