import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEngine } from '../../../infra/local/aws/engine.ts'
import { edited, resource, scratch, start, synthesize } from './fixture.ts'

let assembly: string

beforeAll(async () => {
  assembly = await synthesize()
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const request = { TableName: 'Things', Item: { id: { S: 'kept' } } }
const stored = { TableName: 'Things', Key: { id: { S: 'kept' } } }

describe('tables', () => {
  test('keep their data over a restart, and nothing without a directory', async () => {
    for (const dataDir of [join(scratch, 'kept'), undefined]) {
      const options = { assembly, ...(dataDir === undefined ? {} : { dataDir }) }
      const first = await start(options)
      await first.command('dynamodb', { operation: 'PutItem', request })
      await first.stop()
      const second = await start(options)
      const { Item } = await second.command('dynamodb', { operation: 'GetItem', request: stored })
      expect(Item !== undefined).toBe(dataDir !== undefined)
      await second.stop()
    }
  })

  test('with other keys than the template’s are refused, naming the directory', async () => {
    const dataDir = join(scratch, 'other-keys')
    await (await start({ assembly, dataDir })).stop()
    const rekeyed = edited(assembly, (template) => {
      const { Properties } = resource(template, 'AWS::DynamoDB::Table')
      Properties.KeySchema[0].AttributeName = 'key'
      Properties.AttributeDefinitions[0].AttributeName = 'key'
    })
    await expect(start({ assembly: rekeyed, dataDir })).rejects.toThrow(
      new RegExp(`table Things has the keys .*remove ${dataDir}`),
    )
  })

  test('gain the indexes that a template adds, with the items that exist', async () => {
    const runner = await start({ assembly })
    await runner.command('dynamodb', {
      operation: 'PutItem',
      request: { TableName: 'Things', Item: { id: { S: 'kept' }, owner: { S: 'ann' } } },
    })
    const indexed = edited(assembly, (template) => {
      const { Properties } = resource(template, 'AWS::DynamoDB::Table')
      Properties.AttributeDefinitions.push({ AttributeName: 'owner', AttributeType: 'S' })
      Properties.GlobalSecondaryIndexes.push({
        IndexName: 'byOwner',
        KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      })
      for (const { Type, Properties: p } of Object.values(template.Resources)) {
        if (Type !== 'AWS::IAM::Policy') continue
        p.PolicyDocument.Statement.push({
          Effect: 'Allow',
          Action: 'dynamodb:Query',
          Resource: '*',
        })
      }
    })
    await runner.reload(indexed)
    const { Items } = await runner.command('dynamodb', {
      operation: 'Query',
      request: {
        TableName: 'Things',
        IndexName: 'byOwner',
        KeyConditionExpression: '#o = :o',
        ExpressionAttributeNames: { '#o': 'owner' },
        ExpressionAttributeValues: { ':o': { S: 'ann' } },
      },
    })
    expect(Items).toHaveLength(1)
    await runner.stop()
  })
})

describe('reload', () => {
  test('serves the new template at the same address; the data stays', async () => {
    const runner = await start({ assembly })
    await runner.command('dynamodb', { operation: 'PutItem', request })
    const { origin } = runner
    const changed = edited(assembly, (template) => {
      const { Body } = resource(template, 'AWS::ApiGateway::RestApi').Properties
      const responses = Body['x-amazon-apigateway-gateway-responses']
      responses.MISSING_AUTHENTICATION_TOKEN.statusCode = '410'
      const things = resource(template, 'AWS::Lambda::Function', { Description: 'things' })
      things.Properties.Environment.Variables.NEW = 'yes'
    })
    expect((await fetch(`${origin}/nothing`)).status).toBe(404)
    await runner.reload(changed)
    expect((await fetch(`${origin}/nothing`)).status).toBe(410)
    expect(await runner.command('env')).toMatchObject({ NEW: 'yes' })
    const { Item } = await runner.command('dynamodb', { operation: 'GetItem', request: stored })
    expect(Item).toBeDefined()
    await runner.stop()
  })

  test('that fails leaves the former one serving', async () => {
    const runner = await start({ assembly })
    const broken = edited(assembly, (template) => {
      const { paths } = resource(template, 'AWS::ApiGateway::RestApi').Properties.Body
      paths['/do'].post['x-amazon-apigateway-integration'].type = 'http'
    })
    await expect(runner.reload(broken)).rejects.toThrow('only Lambda proxy integrations')
    expect((await fetch(`${runner.origin}/echo`)).status).toBe(200)
    await runner.stop()
  })
})

test('the engine listens where no page finds it, and its files are for the owner alone', async () => {
  const dataDir = join(scratch, 'private')
  mkdirSync(dataDir, { mode: 0o755 })
  const runner = await start({ assembly, dataDir })
  const { hostname, port } = new URL(runner.dynamodbEndpoint)
  expect(hostname).toMatch(/^127\.(?!0\.0\.1$)/)
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed')
  await runner.stop()
  const modes = [dataDir, ...readdirSync(dataDir).map((name) => join(dataDir, name))].map(
    (path) => statSync(path).mode & 0o077,
  )
  expect(modes.length).toBeGreaterThan(2)
  expect(modes.every((others) => others === 0)).toBe(true)
})

test('requests wait until all is ready', async () => {
  let early: Promise<Response> | undefined
  let answered = false
  const runner = await start({
    assembly,
    beforeServing: async ({ origin }) => {
      early = fetch(`${origin}/echo`)
      early.then(() => {
        answered = true
      })
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(answered).toBe(false)
    },
  })
  expect((await early)?.status).toBe(200)
  await runner.stop()
})

test('another engine may be named; where there is none, the message says how to get one', async () => {
  const other = await startEngine()
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', other.endpoint)
  const runner = await start({ assembly })
  expect(runner.dynamodbEndpoint).toBe(other.endpoint)
  expect((await other.call('ListTables', {})).TableNames).toEqual(['Things'])
  await runner.stop()
  await other.stop()
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', '')
  const platform = vi.spyOn(process, 'arch', 'get').mockReturnValue('mips')
  vi.stubEnv('PATH', '/nowhere')
  await expect(start({ assembly })).rejects.toThrow(/no DynamoDB engine for linux-mips.*npm i -D/)
  platform.mockRestore()
})
