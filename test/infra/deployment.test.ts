import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Template } from '../../infra/local/assembly.ts'
import { startRunner } from '../../infra/local/runner.ts'
import { type Stage, stages } from '../../infra/stages.ts'
import { type Api, password, startApi, unique } from '../api/harness.ts'
import { assemblyOf, edited, read, resources, synthesize } from '../assembly.ts'
import { withoutTime } from '../time.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests look at whatever a template may hold
type Any = any

const algorithms = ['ES256', 'EdDSA', 'RS256', 'HS256'] as const

async function templateOf(change: Partial<Stage> = {}): Promise<Template> {
  return read(await synthesize({ ...stages.prod, ...change })).template
}

/** With these a stack of the first release finds its tables again; others would make new ones. */
const firstTables = {
  TablescredentialsC585531C: ['username'],
  TablessessionsE0D63582: ['userId', 'sessionId'],
  Tablesthrottle3F1D3A65: ['key'],
  Tableskeys645399BB: ['use', 'kid'],
  Tablesstudents8C175ECD: ['id'],
  Tablesmountains7BA61451: ['name'],
  Tablesusers5E6EC114: ['id'],
  TablespostsABA98F22: ['userId', 'id'],
  TablessubscribersF9931E86: ['id'],
}

describe('the second deployment', () => {
  test('keeps the tables, the secret and the address of the first', async () => {
    const template = await templateOf()
    const tables = new Map(
      resources<Any>(template, 'AWS::DynamoDB::Table').map(({ id, Properties }) => [
        id,
        Properties,
      ]),
    )
    for (const [id, keys] of Object.entries(firstTables)) {
      // A sample that somebody deleted needs no table.
      if (/students|mountains|posts|subscribers/.test(id) && !tables.has(id)) continue
      const { KeySchema, TableName } = tables.get(id) ?? {}
      expect([id, KeySchema?.map((key: Any) => key.AttributeName)]).toEqual([id, keys])
      expect(TableName).toBeUndefined()
    }
    const types = ['SigningKeysA56F0358', 'ApiF70053CD', 'CleanUpSource'].map(
      (prefix) =>
        Object.entries(template.Resources).find(([id]) => id.startsWith(prefix))?.[1].Type,
    )
    expect(types).toEqual([
      'AWS::SecretsManager::Secret',
      'AWS::ApiGateway::RestApi',
      'AWS::Lambda::EventSourceMapping',
    ])
  })

  test('takes a public address that is new, as there is no parameter that keeps the old one', async () => {
    const publicUrl = 'https://api.example.org'
    for (const [template, url] of [
      [await templateOf(), ''],
      [await templateOf({ publicUrl }), publicUrl],
    ] as const) {
      expect(Object.keys(template.Parameters ?? {})).toEqual(['BootstrapVersion'])
      for (const { Properties } of resources<Any>(template, 'AWS::Lambda::Function'))
        expect(Properties.Environment.Variables.PUBLIC_URL).toBe(url)
    }
  })

  test('with another algorithm changes the one schedule of rotations', async () => {
    const schedules = await Promise.all(
      algorithms.map(async (algorithm) =>
        resources<Any>(await templateOf({ algorithm }), 'AWS::SecretsManager::RotationSchedule'),
      ),
    )
    expect(new Set(schedules.map((found) => found.map(({ id }) => id).join())).size).toBe(1)
    const properties = schedules.flat().map(({ Properties }) => Properties)
    expect(properties).toHaveLength(algorithms.length)
    expect(new Set(properties.map((each) => JSON.stringify(each))).size).toBe(algorithms.length)
    for (const { RotateImmediatelyOnUpdate, RotationRules } of properties) {
      expect(RotateImmediatelyOnUpdate).toBe(true)
      expect(RotationRules.ScheduleExpression).toBe('rate(30 days)')
      expect(RotationRules.Duration).toMatch(/^2[0-3]h$/)
    }
  })
})

test('another period of rotations brings new signing keys at once, and leaves the links in mails', async () => {
  const template = await templateOf({ mailFrom: 'api@example.com', rotationDays: 60 })
  const schedules = resources<Any>(template, 'AWS::SecretsManager::RotationSchedule')
  const atOnce = schedules.map(({ id, Properties }) => [id, Properties.RotateImmediatelyOnUpdate])
  expect(Object.fromEntries(atOnce)).toEqual({ RotationES256: true, MailRotation: false })
})

describe('a creation that fails', () => {
  const keptOf = (template: Template) =>
    Object.entries(template.Resources as Record<string, Any>).filter(
      ([, { DeletionPolicy }]) => DeletionPolicy === 'Retain',
    )
  const isOfAccount = ([id]: [string, Any]) => /^Api(CloudWatchRole|Account)[0-9A-F]{8}$/.test(id)

  test('leaves nothing of the stage but the tables, which are protected from deletion', async () => {
    const kept = keptOf(await templateOf())
      .filter((each) => !isOfAccount(each))
      .map(([, { Type, Properties }]) => [Type, Properties.DeletionProtectionEnabled])
    expect(kept.length).toBeGreaterThan(5)
    for (const one of kept) expect(one).toEqual(['AWS::DynamoDB::Table', true])
  })

  test('leaves the logging role of the account, which all other stages use by then', async () => {
    for (const name of ['dev', 'prod'] as const) {
      const kept = keptOf(await templateOf(stages[name])).filter(isOfAccount)
      expect(kept.map(([, { Type, UpdateReplacePolicy }]) => [Type, UpdateReplacePolicy])).toEqual([
        ['AWS::IAM::Role', 'Retain'],
        ['AWS::ApiGateway::Account', 'Retain'],
      ])
    }
  })

  test('is not for the logging role of the account, which is set long after it was made', async () => {
    const template = await templateOf()
    const [account] = Object.values(template.Resources as Record<string, Any>).filter(
      ({ Type }) => Type === 'AWS::ApiGateway::Account',
    )
    const before = account.DependsOn.map((id: string) => template.Resources[id]?.Type)
    expect(before).toContain('AWS::Lambda::Function')
  })

  test('is not for the readers of streams, which may do all that Lambda asks for', async () => {
    const assembly = await assemblyOf('local')
    const without = edited(assembly, ({ template }) => {
      for (const { Properties } of resources<Any>(template, 'AWS::IAM::Policy'))
        for (const statement of Properties.PolicyDocument.Statement)
          statement.Action = [statement.Action]
            .flat()
            .filter((action) => action !== 'dynamodb:ListStreams')
    })
    await expect(startRunner({ assembly: without, log: () => {} })).rejects.toThrow(
      'does not allow dynamodb:ListStreams on *',
    )
  })
})

describe('on a running stage', () => {
  let api: Api
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api?.stop())

  test.each(['Bearer x', 'Basic eDp5', 'AWS4-HMAC-SHA256 Credential=x', 'x', ''])(
    'a path that there is not is 404 with the header Authorization: %s',
    async (Authorization) => {
      for (const path of ['/api', '/api/v1/nothing', '/api/v1/pupils/x/y/z', '/dev/api/v1'])
        for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD']) {
          const answer = await api.call(`${method} ${path}`, { headers: { Authorization } })
          expect([method, path, answer.status]).toEqual([method, path, 404])
        }
      const put = await api.call('PUT /api/v1/pupils', { headers: { Authorization } })
      expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS'])
    },
  )

  test('paths that there are not have a throttle of their own', async () => {
    const throttle = { rate: 10, burst: 100 }
    const throttled = await startApi({ assembly: await synthesize({ ...stages.local, throttle }) })
    try {
      await withoutTime(throttled.runner.clock, async () => {
        const calls = Array.from({ length: 30 }, (_, index) =>
          throttled.call(`GET /nothing/${index}`),
        )
        const statuses = (await Promise.all(calls)).map(({ status }) => status)
        expect([...new Set(statuses)].sort()).toEqual([404, 429])
        expect((await throttled.call('GET /api/v1/health')).status).toBe(200)
      })
    } finally {
      await throttled.stop()
    }
  })

  test('another algorithm brings its keys with the deployment', async () => {
    const { username } = await api.signUp(unique())
    await api.runner.reload(await synthesize({ ...stages.local, algorithm: 'EdDSA' }))
    // A key is published for a while before it signs.
    api.runner.clock.advance(8 * 60_000)
    const { token } = await api.signIn(username, password)
    const [header = ''] = token.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString()).alg).toBe('EdDSA')
    expect((await api.call('GET /api/v1/pupils', { token })).status).toBe(200)
  })
})
