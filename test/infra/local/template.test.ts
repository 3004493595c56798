import { beforeAll, describe, expect, test } from 'vitest'
import { readAssembly } from '../../../infra/local/assembly.ts'
import type { Model } from '../../../infra/local/model.ts'
import { readTemplate } from '../../../infra/local/template.ts'
import {
  type EditableTemplate,
  edited,
  type Json,
  resource,
  scratch,
  synthesize,
} from './fixture.ts'

let assembly: string
let model: Model

beforeAll(async () => {
  assembly = await synthesize()
  model = readTemplate(readAssembly(assembly), { PublicUrl: 'http://here', Unknown: 'x' })
})

const changed = (change: (template: EditableTemplate) => void) =>
  readTemplate(readAssembly(edited(assembly, change)))

test('an assembly that is missing or has another stack is told', () => {
  expect(() => readAssembly(scratch)).toThrow('cannot read')
  expect(() => readAssembly(assembly, 'Other')).toThrow('no stack Other (it has: Demo)')
})

test('the model has final names and values', () => {
  expect(model.functions.map(({ tag }) => tag).sort()).toEqual([
    'authorizer',
    'on-removed',
    'on-written',
    'rotate-keys',
    'things',
  ])
  const things = model.functions.find(({ tag }) => tag === 'things')
  expect(things).toMatchObject({ timeoutMs: 1000, memoryMb: 128, logFormat: 'JSON' })
  expect(things?.environment).toMatchObject({ TABLE: 'Things', URL: 'http://here' })
  expect(model.tables[0]).toMatchObject({
    name: 'Things',
    arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Things',
    ttlAttribute: 'expiresAt',
    streamView: 'NEW_AND_OLD_IMAGES',
  })
  expect(model.rotations[0]?.everyMs).toBe(30 * 86_400_000)
  expect(model.ignored).toContain('AWS::Logs::LogGroup')
})

test('the routes have their paths, authorizers and throttles', () => {
  const route = (method: string, path: string) =>
    model.api?.routes.find((candidate) => candidate.method === method && candidate.path === path)
  expect(route('GET', '/echo/{id}/{rest+}')).toMatchObject({ authorizerId: undefined })
  expect(route('GET', '/things/{id}')?.authorizerId).toBe('judge')
  expect(route('GET', '/limited')?.throttles).toEqual({ GET: { ratePerSecond: 1, burst: 2 } })
  const one = { ratePerSecond: 1, burst: 1 }
  expect(route('ANY', '/limited-any')?.throttles).toEqual({ GET: one, PUT: one })
  expect(route('ANY', '/echo')?.throttles).toEqual({})
})

describe('what is not understood is refused by its logical id', () => {
  const cases: [string, string, (properties: Json) => void, RegExp][] = [
    ['AWS::Lambda::Function', 'a layer', (p) => (p.Layers = ['x']), /^\w+: Layers/],
    ['AWS::Lambda::Function', 'a runtime', (p) => (p.Runtime = 'python3.13'), /is not Node/],
    ['AWS::Lambda::Function', 'inline code', (p) => (p.Code = { ZipFile: '' }), /from an asset/],
    [
      'AWS::Lambda::Function',
      'a reserved variable',
      (p) => {
        p.Environment = { Variables: { AWS_REGION: 'x' } }
      },
      /reserves the variable AWS_REGION/,
    ],
    [
      'AWS::Lambda::Function',
      'a large environment',
      (p) => {
        p.Environment = { Variables: { X: 'x'.repeat(4096) } }
      },
      /over 4 KB/,
    ],
    ['AWS::IAM::Role', 'a boundary', (p) => (p.PermissionsBoundary = 'x'), /boundaries/],
    [
      'AWS::IAM::Role',
      'a managed policy',
      (p) => (p.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess']),
      /AdministratorAccess is not understood/,
    ],
    [
      'AWS::ApiGateway::RestApi',
      'a mock',
      (p) => (p.Body.paths['/do'].post['x-amazon-apigateway-integration'].type = 'mock'),
      /POST \/do: only Lambda proxy integrations/,
    ],
    [
      'AWS::ApiGateway::RestApi',
      'a request validator',
      (p) => (p.Body['x-amazon-apigateway-request-validators'] = {}),
      /request-validators is not understood/,
    ],
    [
      'AWS::ApiGateway::RestApi',
      'a request authorizer',
      (p) =>
        (p.Body.components.securitySchemes.judge['x-amazon-apigateway-authorizer'].type =
          'request'),
      /judge: only token authorizers/,
    ],
    ['AWS::ApiGateway::RestApi', 'a resource policy', (p) => (p.Policy = {}), /Policy/],
    ['AWS::ApiGateway::Stage', 'a cache', (p) => (p.CacheClusterEnabled = true), /caching/],
    ...[
      ['ANY', '/~1echo'],
      ['*', '/~1echo'],
      ['GET', '/*'],
    ].map(([HttpMethod, ResourcePath]): (typeof cases)[number] => [
      'AWS::ApiGateway::Stage',
      `a setting of ${HttpMethod} ${ResourcePath}`,
      (p) => p.MethodSettings.push({ HttpMethod, ResourcePath, LoggingLevel: 'ERROR' }),
      /takes no setting for the method/,
    ]),
    [
      'AWS::SecretsManager::RotationSchedule',
      'a cron expression',
      (p) => (p.RotationRules = { ScheduleExpression: 'cron(0 0 * * ? *)' }),
      /cron/,
    ],
  ]
  test.each(cases)('%s: %s', (type, _, change, message) => {
    expect(() => changed((template) => change(resource(template, type).Properties))).toThrow(
      message,
    )
  })

  test('a type of resource', () => {
    const add = (template: EditableTemplate) => {
      template.Resources.Alias = { Type: 'AWS::Lambda::Alias', Properties: {} }
    }
    expect(() => changed(add)).toThrow('Alias: resources of type AWS::Lambda::Alias')
  })

  test('but a resource whose condition is false is left out', () => {
    const { tables } = changed((template) => {
      template.Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } }
      Object.assign(template.Resources, {
        Alias: { Type: 'AWS::Lambda::Alias', Condition: 'Never', Properties: {} },
      })
    })
    expect(tables).toHaveLength(1)
  })
})
