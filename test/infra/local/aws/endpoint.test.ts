import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AwsCall, Fault } from '../../../../infra/local/aws/calls.ts'
import { edited, type Json, resource, type Started, start, synthesize } from '../fixture.ts'

let assembly: string
let runner: Started
let fault: (call: AwsCall) => Fault | undefined = () => undefined

beforeAll(async () => {
  assembly = await synthesize()
})

const dynamodb = (operation: string, request: object, on = runner): Promise<Json> =>
  on.command('dynamodb', { operation, request })
const put = (id: string, on = runner) =>
  dynamodb('PutItem', { TableName: 'Things', Item: { id: { S: id } } }, on)
const get = (id: string) => dynamodb('GetItem', { TableName: 'Things', Key: { id: { S: id } } })

/** Removes an action from every policy statement. */
const without = (action: string) =>
  edited(assembly, (template) => {
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type !== 'AWS::IAM::Policy') continue
      for (const statement of Properties.PolicyDocument.Statement) {
        if (!Array.isArray(statement.Action)) continue
        statement.Action = statement.Action.filter((candidate: string) => candidate !== action)
      }
    }
  })

describe.each([
  ['at the endpoint', false],
  ['in the thread of the function', true],
])('permissions, decided %s', (_, direct) => {
  beforeAll(async () => {
    runner = await start({ assembly, direct })
  })
  afterAll(() => runner?.stop())

  test('what the template grants works, and is recorded with its capacity unless it is direct', async () => {
    if (!direct) runner.calls.reset()
    await put('a')
    expect((await get('a')).Item).toEqual({ id: { S: 'a' } })
    if (direct) return expect(() => runner.calls()).toThrow('direct calls are not recorded')
    const recorded = runner.calls().map(({ function: name, operation, capacityUnits }) => {
      return [name, operation, capacityUnits]
    })
    expect(recorded).toEqual([
      ['things', 'PutItem', 1],
      ['things', 'GetItem', 0.5],
    ])
  })

  test('a grant that is removed is an AccessDeniedException and a line in the log', async () => {
    const second = await start({ assembly: without('dynamodb:PutItem'), direct })
    await expect(put('b', second)).rejects.toMatchObject({
      body: {
        errorType: 'AccessDeniedException',
        errorMessage: expect.stringMatching(
          /^User: arn:aws:sts::.+ is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table\/Things because no identity-based policy allows the dynamodb:PutItem action$/,
        ),
      },
    })
    const line = second.lines.find((candidate) => candidate.includes('AccessDeniedException'))
    expect(JSON.parse(line ?? '')).toMatchObject({ level: 'ERROR', function: 'things' })
    await second.stop()
  })

  test('a transaction needs the permission of every action in it', async () => {
    const item = (id: string) => ({ TableName: 'Things', Item: { id: { S: id } } })
    const TransactItems = [{ Put: item('t1') }, { Put: item('t2') }]
    await dynamodb('TransactWriteItems', { TransactItems })
    const update = {
      TableName: 'Things',
      Key: { id: { S: 't1' } },
      UpdateExpression: 'SET x = :x',
      ExpressionAttributeValues: { ':x': { S: 'y' } },
    }
    await expect(
      dynamodb('TransactWriteItems', { TransactItems: [{ Put: item('t3') }, { Update: update }] }),
    ).rejects.toThrow('dynamodb:UpdateItem')
    expect((await get('t3')).Item).toBeUndefined()
  })

  test('an index, another table and an unknown operation are not granted by the way', async () => {
    const KeyConditionExpression = 'shard = :s'
    const ExpressionAttributeValues = { ':s': { S: 'x' } }
    const query = { TableName: 'Things', IndexName: 'byShard', KeyConditionExpression }
    await expect(dynamodb('Query', { ...query, ExpressionAttributeValues })).rejects.toThrow(
      'table/Things/index/byShard',
    )
    await expect(dynamodb('GetItem', { TableName: 'Others', Key: {} })).rejects.toThrow(
      'table/Others',
    )
    await expect(dynamodb('ExecuteStatement', { Statement: '' })).rejects.toThrow('does not offer')
  })

  test('an explicit Deny wins', async () => {
    const denied = edited(assembly, (template) => {
      const { Properties } = resource(template, 'AWS::IAM::Role')
      Properties.Policies = [
        { PolicyDocument: { Statement: { Effect: 'Deny', Action: 'dynamodb:*', Resource: '*' } } },
      ]
    })
    const second = await start({ assembly: denied, direct })
    await expect(put('c', second)).rejects.toThrow('explicit deny')
    await second.stop()
  })

  test('leading keys limit a role to its own items', async () => {
    const limited = edited(assembly, (template) => {
      for (const { Type, Properties } of Object.values(template.Resources)) {
        if (Type !== 'AWS::IAM::Policy') continue
        for (const statement of Properties.PolicyDocument.Statement) {
          if (!JSON.stringify(statement.Action).includes('dynamodb:PutItem')) continue
          statement.Condition = {
            'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['own-*'] },
          }
        }
      }
    })
    const second = await start({ assembly: limited, direct })
    await put('own-1', second)
    await expect(put('foreign', second)).rejects.toThrow('not authorized')
    await second.stop()
  })

  test('secrets are guarded alike', async () => {
    const SecretId = 'demo/key'
    const operate = (operation: string, request: object) =>
      runner.command('secrets', { operation, request })
    expect((await operate('GetSecretValue', { SecretId })).SecretString).toMatch(/^value /)
    await expect(operate('PutSecretValue', { SecretId, SecretString: 'x' })).rejects.toThrow(
      'secretsmanager:PutSecretValue',
    )
    await expect(operate('GetSecretValue', { SecretId: 'another' })).rejects.toThrow(
      'not authorized',
    )
  })

  test('a caller without known credentials is refused', async () => {
    const { AWS_ENDPOINT_URL_DYNAMODB: url } = await runner.command('env')
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' },
      body: '{}',
    })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('UnrecognizedClientException')
  })
})

describe('faults', () => {
  beforeAll(async () => {
    runner = await start({ assembly, intercept: (call) => fault(call) })
  })
  afterAll(() => runner?.stop())

  const once = (what: Fault) => {
    let left = 1
    fault = (call) => (call.operation === 'PutItem' && left-- > 0 ? what : undefined)
  }

  test('an error is answered before the engine sees the call', async () => {
    once({ error: 'ProvisionedThroughputExceededException' })
    await expect(put('f1')).rejects.toMatchObject({
      body: { errorType: 'ProvisionedThroughputExceededException' },
    })
    expect((await get('f1')).Item).toBeUndefined()
    await put('f1')
    expect((await get('f1')).Item).toBeDefined()
  })

  test('a dropped call is not applied, a dropped answer is', async () => {
    once({ drop: true })
    await expect(put('f2')).rejects.toThrow('socket hang up')
    expect((await get('f2')).Item).toBeUndefined()
    once({ dropAnswer: true })
    await expect(put('f3')).rejects.toThrow('socket hang up')
    expect((await get('f3')).Item).toBeDefined()
  })

  test('the calling instance dies before or after the call is applied', async () => {
    await runner.command('served')
    once({ killFunction: 'before' })
    await expect(put('f4')).rejects.toThrow('killed')
    once({ killFunction: 'after' })
    await expect(put('f5')).rejects.toThrow('killed')
    expect((await get('f4')).Item).toBeUndefined()
    expect((await get('f5')).Item).toBeDefined()
    expect(await runner.command('served')).toBe(1)
  })

  test('a delay holds the call back', async () => {
    once({ delayMs: 150 })
    const started = performance.now()
    await put('f6')
    expect(performance.now() - started).toBeGreaterThan(145)
  })
})
