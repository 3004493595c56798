import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import type { Template } from '../../infra/local/assembly.ts'
import type { Model } from '../../infra/local/model.ts'
import { savedQueries } from '../../infra/queries.ts'
import { stageFaults } from '../../infra/stage-faults.ts'
import { type Stage, stageOf, stages } from '../../infra/stages.ts'
import { startApi, unique } from '../api/harness.ts'
import { assemblyOf, read, resources, synthesize } from '../assembly.ts'

const manual = readFileSync(join(root, 'docs', 'operations.md'), 'utf8')

// biome-ignore lint/suspicious/noExplicitAny: the tests look at whatever a template may hold
type Any = any

const certificate = 'arn:aws:acm:eu-west-1:111122223333:certificate/01234567-89ab'

describe('the settings of a stage', () => {
  test('as they are have no fault', () => {
    for (const name of Object.keys(stages)) expect(stageOf(name).name).toBe(name)
  })

  test('must be of a stage that there is', () => {
    expect(() => stageOf('production')).toThrow(
      'Unknown stage production: use one of local, dev, prod',
    )
  })

  test.each<[Partial<Stage>, string]>([
    [{ name: 'Staging' }, 'name must be 1 to 20 lower-case letters'],
    [{ tokenLifetime: 30 }, 'tokenLifetime must be a whole number from 60 to 86400'],
    [{ authorizerCache: 900 }, 'authorizerCache must be shorter than tokenLifetime'],
    [{ bcryptCost: 9 }, 'bcryptCost must be a whole number from 10 to 14'],
    [{ allowedOrigins: ['*'] }, 'allowedOrigins: * is not an origin'],
    [{ allowedOrigins: ['https://a.example/'] }, 'allowedOrigins: https://a.example/ is not an'],
    [{ publicUrl: 'http://api.example.org' }, 'publicUrl must be https and a host'],
    [{ publicUrl: 'https://api.example.org/v1' }, 'publicUrl must be https and a host'],
    [{ certificate }, 'certificate needs a publicUrl'],
    [{ certificate: 'x', publicUrl: 'https://a.example' }, 'certificate must be the ARN'],
    [{ certificate, publicUrl: 'https://a.example:8443' }, 'publicUrl can have no port'],
    [{ throttle: { rate: 0, burst: 1 } }, 'throttle.rate must be'],
    [{ hashing: { rate: 1, burst: 0 } }, 'hashing.burst must be'],
    [{ concurrency: { login: 0 } }, 'concurrency.login must be'],
    [{ requestsALine: 0 }, 'requestsALine must be a whole number from 1 to 100'],
    [{ requestsALine: 101 }, 'requestsALine must be'],
    [{ logDays: 8 }, 'logDays must be one of 1, 3, 5, 7'],
    [{ rotationDays: 0 }, 'rotationDays must be'],
    [{ memory: { hashing: 64, other: 512 } }, 'memory.hashing must be'],
    [{ alarmEmail: 'nobody' }, 'alarmEmail must be an e-mail address'],
  ])('%j is refused', (change, fault) => {
    expect(stageFaults({ ...stages.dev, ...change })).toEqual([expect.stringContaining(fault)])
  })

  test('are refused with all their faults at once', () => {
    expect(stageFaults({ ...stages.dev, bcryptCost: 1, logDays: 0 })).toHaveLength(2)
  })
})

test('the workflow that deploys offers each stage but the local one', () => {
  const workflow = readFileSync(join(root, '.github', 'workflows', 'deploy.yml'), 'utf8')
  const [, options] = /\n {8}type: choice\n {8}options: \[(.*)\]\n/.exec(workflow) ?? []
  const deployable = Object.keys(stages).filter((name) => name !== 'local')
  expect(options?.split(', ')).toEqual(deployable)
})

describe('what only some stages have', () => {
  let prod: Template
  let model: Model
  let full: Template
  beforeAll(async () => {
    ;({ template: prod, model } = read(await assemblyOf('prod')))
    const stage: Stage = {
      ...stages.prod,
      publicUrl: 'https://api.example.org',
      certificate,
      firewall: true,
      alarmEmail: 'ops@example.org',
      concurrency: { login: 50 },
    }
    full = read(await synthesize(stage)).template
  })
  const only = (template: Template, type: string): Any => {
    const found = resources<Any>(template, type)
    expect(found, type).toHaveLength(1)
    return found[0]?.Properties
  }

  test('prod has its own key, on credentials, sessions and the signing keys', () => {
    expect(only(prod, 'AWS::KMS::Key').EnableKeyRotation).toBe(true)
    const own = resources<Any>(prod, 'AWS::DynamoDB::Table').filter(
      ({ Properties }) => Properties.SSESpecification.KMSMasterKeyId,
    )
    expect(own.map(({ id }) => id.replace(/^Tables|[0-9A-F]{8}$/g, '')).sort()).toEqual([
      'credentials',
      'sessions',
    ])
    for (const { Properties } of resources<Any>(prod, 'AWS::SecretsManager::Secret'))
      expect(Properties.KmsKeyId).toBeDefined()
  })

  test('only who uses what the key protects may use the key, through DynamoDB and the secret', () => {
    for (const { tag, statements, environment } of model.functions) {
      const onKey = statements.filter(({ Action }) => [Action].flat().includes('kms:Decrypt'))
      const needs = [
        'CREDENTIALS_TABLE',
        'SESSIONS_TABLE',
        'SIGNING_SECRET_ID',
        'FACTOR_SECRET_ID',
      ].some((name) => name in environment)
      expect([tag, onKey.length]).toEqual([tag, needs ? 1 : 0])
      for (const { Condition } of onKey)
        expect(Condition).toEqual({
          StringEquals: {
            'kms:ViaService': [
              'dynamodb.us-east-1.amazonaws.com',
              'secretsmanager.us-east-1.amazonaws.com',
            ],
          },
        })
    }
  })

  test('a certificate gives the API a domain, TLS 1.2 or newer, and closes its other address', () => {
    const api = only(full, 'AWS::ApiGateway::RestApi')
    const domain = only(full, 'AWS::ApiGateway::DomainName')
    expect(api.DisableExecuteApiEndpoint).toBe(true)
    expect(domain).toMatchObject({ DomainName: 'api.example.org' })
    for (const { SecurityPolicy } of [api, domain, only(prod, 'AWS::ApiGateway::RestApi')])
      expect(SecurityPolicy).toMatch(/^SecurityPolicy_TLS13_1_2_PFS/)
    expect(resources(prod, 'AWS::ApiGateway::DomainName')).toEqual([])
  })

  test('a firewall stands before the stage', () => {
    expect(only(full, 'AWS::WAFv2::WebACL').Rules).toHaveLength(4)
    only(full, 'AWS::WAFv2::WebACLAssociation')
    expect(resources(prod, 'AWS::WAFv2::WebACL')).toEqual([])
  })

  test('the firewall lets through what the API takes: any text in a body, and long cursors', () => {
    const overrides = only(full, 'AWS::WAFv2::WebACL').Rules.flatMap(
      ({ Statement }: Any) => Statement.ManagedRuleGroupStatement?.RuleActionOverrides ?? [],
    )
    const counted = overrides.filter(({ ActionToUse }: Any) => ActionToUse.Count)
    // Those of the core rule set that look at bodies, and the one that takes 2,048 bytes of query.
    expect(counted.map(({ Name }: Any) => Name).sort()).toEqual([
      'CrossSiteScripting_BODY',
      'EC2MetaDataSSRF_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      'SizeRestrictions_BODY',
      'SizeRestrictions_QUERYSTRING',
    ])
  })

  test('floods of logins take no instances but their own', async () => {
    const instances = resources<Any>(full, 'AWS::Lambda::Function').flatMap(({ Properties }) =>
      Properties.ReservedConcurrentExecutions === undefined
        ? []
        : [[Properties.Description, Properties.ReservedConcurrentExecutions]],
    )
    expect(instances).toEqual([['login', 50]])
    await expect(synthesize({ ...stages.dev, concurrency: { logins: 50 } })).rejects.toThrow(
      'concurrency.logins: there is no such function',
    )
  })

  test('routes that hash passwords have a throttle of their own', () => {
    const settings: Any[] = only(prod, 'AWS::ApiGateway::Stage').MethodSettings
    const hashing = settings.filter(
      ({ ThrottlingRateLimit }) => ThrottlingRateLimit === stages.prod.hashing.rate,
    )
    expect(
      hashing.map(({ HttpMethod, ResourcePath }) => `${HttpMethod} ${ResourcePath}`).sort(),
    ).toEqual([
      'POST /~1api~1v1~1auth~1login',
      'POST /~1api~1v1~1auth~1password',
      'POST /~1api~1v1~1auth~1reauthenticate',
      'POST /~1api~1v1~1auth~1signup',
      'POST /~1api~1v1~1users~1{userId}~1password',
    ])
  })

  test('somebody is told of alarms', () => {
    expect(only(full, 'AWS::SNS::Subscription')).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.org',
    })
  })

  test('every alarm says what to do, and names only saved queries that there are', () => {
    const alarms = resources<Any>(prod, 'AWS::CloudWatch::Alarm')
    expect(alarms.length).toBeGreaterThan(8)
    for (const { Properties } of alarms) {
      expect(Properties.AlarmActions).toHaveLength(1)
      expect(Properties.TreatMissingData).toBe('notBreaching')
      const [, query] = /saved query ([\w-]+)/.exec(Properties.AlarmDescription) ?? []
      if (query) expect(Object.keys(savedQueries)).toContain(query)
      if (!Properties.AlarmDescription.includes('docs/operations.md')) continue
      const [, section] = /"(.+)" in docs/.exec(Properties.AlarmDescription) ?? []
      expect(manual).toContain(`\n### ${section}\n`)
    }
  })

  test('every function and the gateway are traced', () => {
    for (const { Properties } of resources<Any>(prod, 'AWS::Lambda::Function'))
      expect(Properties.TracingConfig).toEqual({ Mode: 'Active' })
    expect(only(prod, 'AWS::ApiGateway::Stage').TracingEnabled).toBe(true)
  })
})

test('the manual names every setting, alarm, saved query and metric field', async () => {
  const { template } = read(await assemblyOf('local'))
  const alarms = resources<Any>(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
    Properties.AlarmName.replace(/^Portcullis-local-|(?<=-).*$|\d+$/g, ''),
  )
  const { name: _name, ...settings } = stages.prod
  for (const word of [...alarms, ...Object.keys(savedQueries), ...Object.keys(settings)])
    expect(manual).toMatch(new RegExp(`\`${word}[\`…]`))
})

test('what is deployed as prod runs here too', async () => {
  const stage: Stage = { ...stages.prod, publicUrl: 'https://api.example.org' }
  const api = await startApi({ assembly: await synthesize(stage) })
  try {
    const { token } = await api.signUp(unique())
    expect((await api.call('GET /api/v1/pupils', { token })).status).toBe(200)
  } finally {
    await api.stop()
  }
})
