import { ResponseType } from 'aws-cdk-lib/aws-apigateway'
import { beforeAll, describe, expect, test } from 'vitest'
import { problemType } from '../../functions/model/problems.ts'
import { resources as declared, routes } from '../../functions/routes/registry.ts'
import { anyMethod } from '../../infra/any-method.ts'
import type { Template } from '../../infra/local/assembly.ts'
import type { Model } from '../../infra/local/model.ts'
import { servingNames } from '../../infra/product.ts'
import { stackName, stages } from '../../infra/stages.ts'
import { assemblyOf, read, resources } from '../assembly.ts'
import { fixtureNames } from '../fixtures/declare.ts'
import { testFunctionNames } from '../functions.ts'
import { beyondSamples } from '../samples.ts'
import { testStage } from '../stage.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests look at whatever a template may hold
type Any = any

const ofFixture = new RegExp(`~1(?:${fixtureNames.join('|')})\\b`)

const names = Object.keys(stages) as (keyof typeof stages)[]

describe.each(names)('the template of the stage %s', (name) => {
  const stage = name === 'local' ? testStage : stages[name]
  let template: Template
  let model: Model
  const all = (type: string) => resources<Any>(template, type)
  beforeAll(async () => {
    const assembly = await assemblyOf(name)
    ;({ template, model } = read(assembly))
  })

  test('has a function for each file, and nothing but Node 24 on arm64', async () => {
    const functions = all('AWS::Lambda::Function')
    expect(functions.map(({ Properties }) => Properties.Description).sort()).toEqual(
      servingNames(await testFunctionNames(), stage),
    )
    for (const { id, Properties } of functions)
      expect({ id, ...Properties }).toMatchObject({
        id,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
      })
  })

  test('gives each function a role of its own, and logs that end some day', () => {
    const functions = all('AWS::Lambda::Function').map(({ Properties }) => Properties)
    const roles = functions.map(({ Role }) => Role['Fn::GetAtt'][0])
    expect(new Set(roles).size).toBe(functions.length)
    // The resources' functions write to one log group: one each would be a resource each.
    const byGroup = Map.groupBy(functions, ({ LoggingConfig }) => LoggingConfig.LogGroup.Ref)
    const shared = [...byGroup.values()].filter(({ length }) => length > 1)
    expect(shared.map((group) => group.map(({ Description }) => Description).sort())).toEqual([
      declared.map((resource) => resource.name).sort(),
    ])
    for (const { id, Properties } of all('AWS::Logs::LogGroup'))
      expect({ id, days: Properties.RetentionInDays }).toEqual({ id, days: stage.logDays })
  })

  test('grants no managed policy, and no wildcard over data', () => {
    for (const { Properties } of all('AWS::IAM::Role').filter(isOfFunction))
      expect(Properties.ManagedPolicyArns).toBeUndefined()
    const statements = model.functions.flatMap(({ statements }) => statements)
    expect(statements.length).toBeGreaterThan(model.functions.length)
    for (const { Effect, Action, Resource, NotAction, NotResource } of statements) {
      expect([Effect, NotAction, NotResource]).toEqual(['Allow', undefined, undefined])
      for (const action of [Action ?? []].flat())
        for (const resource of [Resource ?? []].flat()) {
          expect(action).not.toContain('*')
          if (!withoutResources.test(action)) expect(`${action} on ${resource}`).not.toContain('*')
        }
    }
  })

  test('sends mails as the one address alone', () => {
    const sending = model.functions.flatMap(({ statements }) =>
      statements.filter(({ Action }) => [Action ?? []].flat().includes('ses:SendEmail')),
    )
    expect(sending).toHaveLength(stage.mailFrom === '' ? 0 : 1)
    for (const { Condition } of sending)
      expect(Condition).toEqual({
        StringEquals: { 'ses:FromAddress': stage.mailFrom.replace(/^.*<|>$/g, '') },
      })
  })

  test('holds no secret', () => {
    for (const { Properties } of all('AWS::SecretsManager::Secret')) {
      expect(Properties.GenerateSecretString).toBeDefined()
      expect(Properties.SecretString).toBeUndefined()
    }
    const text = JSON.stringify(template)
    expect(text).not.toMatch(/PRIVATE KEY|"kty"|resolve:secretsmanager|resolve:ssm-secure|AKIA/)
    const names = model.functions.map(({ tag }) => tag)
    const settings = new Set([
      ...literals(stage),
      `portcullis-${name}`,
      stackName(stage),
      'true',
      ...names,
    ])
    for (const { Properties } of all('AWS::Lambda::Function'))
      for (const [variable, value] of Object.entries(Properties.Environment?.Variables ?? {}))
        if (typeof value === 'string')
          // A setting, or several with a slash between them.
          for (const part of settings.has(value) ? [] : value.split('/'))
            expect(settings, variable).toContain(part)
        else if (!variable.startsWith('TABLE'))
          expect(Object.keys(value as object), variable).toEqual(['Ref'])
    for (const { Default, Type } of Object.values(template.Parameters ?? {}))
      expect([Type, Default]).not.toContain('NoEcho')
  })

  test('has each declared route, behind the authorizer unless it is public', () => {
    const { api } = model
    const declared = routes.filter(({ mail }) => !mail || stage.mailFrom !== '')
    const served = api?.routes.filter(({ method }) => !['ANY', 'HEAD'].includes(method)) ?? []
    expect(served.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      declared.map(({ method, path }) => `${method} ${path}`).sort(),
    )
    for (const { method, path, access, lambda } of declared) {
      const found = served.find((route) => route.method === method && route.path === path)
      const secured = found?.authorizerId !== undefined
      expect(`${method} ${path} ${secured}`).toBe(`${method} ${path} ${access !== 'public'}`)
      expect(tagOf(found?.functionArn)).toBe(lambda)
    }
  })

  test('sends every other method, and every other path, to the system function', () => {
    const routes = model.api?.routes ?? []
    const others = routes.filter(({ method }) => method === 'ANY')
    expect(others.map(({ path }) => path).sort()).toEqual(
      [...new Set(['/', '/{proxy+}', ...routes.map(({ path }) => path)])].sort(),
    )
    for (const { functionArn, authorizerId } of others) {
      expect(tagOf(functionArn)).toBe('system')
      expect(authorizerId).toBeUndefined()
    }
  })

  test('lets the gateway invoke the functions that routes lead to, and no other', () => {
    const declared = routes.filter(({ mail }) => !mail || stage.mailFrom !== '')
    const routed = new Set([...declared.map(({ lambda }) => lambda), 'system', 'authorizer'])
    const [gateway, another] = all('AWS::IAM::Role')
      .filter(({ Properties }) =>
        JSON.stringify(Properties.AssumeRolePolicyDocument).includes('apigateway.amazonaws.com'),
      )
      .filter(({ id }) => id.startsWith('Gateway'))
    expect(another).toBeUndefined()
    const policy = all('AWS::IAM::Policy').find(({ Properties }) =>
      Properties.Roles.some((role: Any) => role.Ref === gateway?.id),
    )
    const statements: Any[] = policy?.Properties.PolicyDocument.Statement ?? []
    expect([...new Set(statements.map(({ Action }) => Action))]).toEqual(['lambda:InvokeFunction'])
    const functions = new Map(all('AWS::Lambda::Function').map((each) => [each.id, each]))
    const invoked = statements
      .flatMap(({ Resource }) => Resource)
      .map((arn: Any) => functions.get(arn['Fn::GetAtt'][0])?.Properties.Description)
    expect(invoked.sort()).toEqual([...routed].sort())
    for (const { permitted } of model.api?.routes ?? []) expect(permitted).toBe(true)
    expect(model.api?.authorizers.map(({ permitted }) => permitted)).toEqual([true])
  })

  test('answers as problem details whatever the gateway itself says', () => {
    const [api] = all('AWS::ApiGateway::RestApi')
    const answers: Record<string, Any> =
      api?.Properties.Body['x-amazon-apigateway-gateway-responses']
    const types = Object.values(ResponseType as unknown as Record<string, Any>)
      .map((type) => type.responseType)
      .filter((type) => type !== undefined)
    expect(Object.keys(answers).sort()).toEqual(types.sort())
    for (const { statusCode, responseParameters, responseTemplates } of Object.values(answers)) {
      const body = JSON.parse(responseTemplates['application/json'])
      const { code, ...rest } = body
      expect(statusCode).toBe(String(problemType(code)[0]))
      expect(rest).toEqual({
        type: `urn:portcullis:problem:${code}`,
        title: problemType(code)[1],
        status: problemType(code)[0],
        detail: expect.any(String),
        requestId: '$context.requestId',
      })
      expect(responseParameters).toMatchObject({
        'gatewayresponse.header.Content-Type': "'application/problem+json'",
        'gatewayresponse.header.X-Request-Id': 'context.requestId',
      })
    }
  })

  test('sets the authorizer, the throttle and the access log of the stage', () => {
    expect(model.api?.authorizers).toMatchObject([
      { ttlSeconds: stage.authorizerCache, header: 'authorization' },
    ])
    expect(tagOf(model.api?.authorizers[0]?.functionArn)).toBe('authorizer')
    const [deployed] = all('AWS::ApiGateway::Stage')
    expect(deployed?.Properties.MethodSettings).toContainEqual(
      expect.objectContaining({
        ResourcePath: '/*',
        HttpMethod: '*',
        ThrottlingRateLimit: stage.throttle.rate,
        ThrottlingBurstLimit: stage.throttle.burst,
        DataTraceEnabled: false,
      }),
    )
    const format = JSON.parse(deployed?.Properties.AccessLogSetting.Format)
    expect(Object.values(format)).toContain('$context.requestId')
    // Query strings and headers may hold what nobody should read later.
    expect(Object.values(format).join()).not.toMatch(/\$context\.path|querystring|header/)
  })

  test('gives the stage only settings that API Gateway takes, each with all that it is to say', () => {
    const settings: Any[] = all('AWS::ApiGateway::Stage')[0]?.Properties.MethodSettings
    const [everything, ...named] = settings
    expect(everything).toMatchObject({ ResourcePath: '/*', HttpMethod: '*' })
    for (const { HttpMethod } of named) expect(anyMethod).toContain(HttpMethod)
    // A method that is named inherits nothing, and would by itself log nothing.
    for (const { LoggingLevel } of settings) expect(LoggingLevel).toBe('ERROR')
    const unknown = named.filter(({ ResourcePath }) => ResourcePath === '/~1{proxy+}')
    expect(unknown.map(({ HttpMethod }) => HttpMethod)).toEqual(anyMethod)
    const { rate, burst } = stage.throttle
    for (const each of unknown)
      expect(each).toMatchObject({
        ThrottlingRateLimit: Math.ceil(rate / 10),
        ThrottlingBurstLimit: Math.ceil(burst / 10),
      })
    // CloudFormation sends each value as an operation, and one update takes only so many of them.
    const counted = settings.filter(({ ResourcePath }) => !ofFixture.test(ResourcePath))
    const values = counted.flatMap(({ HttpMethod, ResourcePath, ...rest }) => Object.keys(rest))
    expect(values.length).toBeLessThan(80 + 12 * beyondSamples())
  })

  test('protects the tables as the stage says, and lets them forget what is past', () => {
    const kept = stage.keepData
    for (const { id, Properties, ...rest } of all('AWS::DynamoDB::Table'))
      expect({ id, ...Properties, ...rest }).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: kept,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: kept },
        SSESpecification: { SSEEnabled: true },
        DeletionPolicy: kept ? 'Retain' : 'Delete',
        UpdateReplacePolicy: kept ? 'Retain' : 'Delete',
      })
    const forgetful = Object.fromEntries(
      model.tables.map(({ id, ttlAttribute }) => [
        id.replace(/^Tables(.+)[0-9A-F]{8}$/, '$1'),
        ttlAttribute,
      ]),
    )
    expect(forgetful).toMatchObject({
      credentials: undefined,
      sessions: 'ttl',
      keys: 'endsAt',
      users: '_expiresAt',
      pupils: '_expiresAt',
    })
  })

  test('lets the authorizer count the uses of a key, and change nothing else of a row', () => {
    const { statements = [] } = model.functions.find(({ tag }) => tag === 'authorizer') ?? {}
    const writing = statements.filter(({ Action }) =>
      [Action ?? []].flat().some((action) => /^dynamodb:(?:Update|Put|Delete|Batch)/.test(action)),
    )
    expect(writing).toMatchObject([
      {
        Action: 'dynamodb:UpdateItem',
        Condition: {
          'ForAllValues:StringEquals': {
            'dynamodb:Attributes': [
              ...['userId', 'sessionId', 'hash', 'expiresAt'],
              ...['usesLeft', 'lastUsedAt', 'lastUse'],
            ],
          },
        },
      },
    ])
  })

  function tagOf(arn: string | undefined): string | undefined {
    return model.functions.find((known) => known.arn === arn)?.tag
  }
})

/** Actions that know no resources, so that IAM wants `*`. */
const withoutResources = /^(?:xray|logs):|^dynamodb:ListStreams$|^ses:SendEmail$/

function isOfFunction({ Properties }: { Properties: Any }): boolean {
  return JSON.stringify(Properties.AssumeRolePolicyDocument).includes('lambda.amazonaws.com')
}

/** All settings of a stage as text, and the constants that environments hold. */
function literals(value: unknown): string[] {
  if (Array.isArray(value)) return [value.join(' '), ...value.flatMap(literals)]
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(literals)
  return [String(value), 'portcullis']
}
