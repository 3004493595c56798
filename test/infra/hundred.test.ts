import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { beforeAll, describe, expect, test } from 'vitest'
import { patternsOver, policyDocument } from '../../functions/auth/policy.ts'
import { packScope } from '../../functions/http/principal.ts'
import { line } from '../../functions/model/fields.ts'
import { users } from '../../functions/model/parents.ts'
import { resource } from '../../functions/model/resource.ts'
import { isOpenTo, type RouteAccess } from '../../functions/model/route.ts'
import { parseScope } from '../../functions/model/scopes.ts'
import { resources as declared, routes } from '../../functions/routes/registry.ts'
import { apiStack } from '../../infra/api-stack.ts'
import { readAssembly, type Template } from '../../infra/local/assembly.ts'
import { compilePolicy } from '../../infra/local/aws/iam.ts'
import { createResolver } from '../../infra/local/intrinsics.ts'
import type { Statement } from '../../infra/local/model.ts'
import { readTemplate } from '../../infra/local/template.ts'
import { declared as product } from '../../infra/product.ts'
import { stages } from '../../infra/stages.ts'
import { resources, scratch } from '../assembly.ts'
import { testFunctionNames } from '../functions.ts'
import { beyondSamples } from '../samples.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests look at whatever a template may hold
type Any = any

/** What a product has beyond the samples is counted among the hundred. */
const more = 100 - beyondSamples()

/** A hundred more resources than the samples; every third belongs to users. */
const hundred = Array.from({ length: more }, (_, index) => {
  const name = `records${String(index).padStart(2, '0')}`
  return resource({
    name,
    singular: name.replace('s', ''),
    fields: { title: line(1, 100), code: line(1, 20), kind: line(1, 20) },
    unique: ['code'],
    indexes: [{ sort: 'title' }, { by: 'kind' }],
    access: { member: index % 2 === 0 ? ['read', 'write'] : ['read'] },
    ...(index % 3 === 0 && { parent: users }),
  })
})
const allRoutes = [...routes, ...hundred.flatMap((each) => each.routes)]

describe.each(['dev', 'prod'] as const)('the stack %s with a hundred resources more', (name) => {
  let template: Template
  let file: string
  let assembly: string
  beforeAll(async () => {
    const functions = [...(await testFunctionNames()), ...hundred.map((each) => each.name)]
    assembly = join(scratch, `hundred-${name}`)
    // As the CDK's command does, for `sam local`.
    const context = { 'aws:cdk:enable-asset-metadata': true }
    const app = new App({ outdir: assembly, context })
    const [first = ''] = functions
    apiStack(app, stages[name], functions, {
      ...product,
      resources: [...declared, ...hundred],
      routes: allRoutes,
      // The bundle does not matter here.
      bundleOf: () => product.bundleOf(first),
    })
    app.synth()
    file = JSON.stringify(readAssembly(assembly).template)
    template = JSON.parse(file)
  })
  const all = (type: string) => resources<Any>(template, type)

  test('fits into one stack: 500 resources, 1 MB', () => {
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500)
    expect(Buffer.byteLength(file)).toBeLessThan(1024 * 1024)
  })

  test('adds a table, a function and a role for each', () => {
    const own = Object.keys(template.Resources).filter((id) => /records42/i.test(id))
    expect(own.map((id) => template.Resources[id]?.Type).sort()).toEqual([
      'AWS::DynamoDB::Table',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
    ])
  })

  test('has at most 300 paths in the API, those between included', () => {
    const paths = Object.keys(all('AWS::ApiGateway::RestApi')[0]?.Properties.Body.paths)
    const between = paths.flatMap((path) =>
      path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/')),
    )
    expect(paths.length).toBeGreaterThan(200)
    expect(new Set(between).size).toBeLessThanOrEqual(300)
  })

  test('has 4 kB of environment, and 10,240 characters of inline policy, at most', () => {
    const resolve = namesOfAws(template)
    for (const { id, Properties } of all('AWS::Lambda::Function')) {
      const variables = Object.entries(resolve(Properties.Environment.Variables, id) as object)
      expect(variables.flat().join('').length, id).toBeLessThan(4096)
    }
    for (const { id, Properties } of all('AWS::IAM::Role')) {
      const beside = all('AWS::IAM::Policy').filter((policy) =>
        policy.Properties.Roles.some((role: Any) => role.Ref === id),
      )
      const documents = [...(Properties.Policies ?? []), ...beside.map((each) => each.Properties)]
      const text = JSON.stringify(
        resolve(
          documents.map((each) => each.PolicyDocument),
          id,
        ),
      )
      expect(text.length, id).toBeLessThan(10_240)
    }
    for (const { id, Properties } of all('AWS::IAM::ManagedPolicy'))
      expect(JSON.stringify(resolve(Properties.PolicyDocument, id)).length, id).toBeLessThan(6144)
  })

  test('is read by the local runner, where the functions find their tables', () => {
    const { functions, tables, api } = readTemplate(readAssembly(assembly))
    expect(api?.routes.every(({ permitted }) => permitted)).toBe(true)
    const admin = functions.find(({ tag }) => tag === 'admin')
    expect(admin?.environment.TABLES?.split(' ')).toContain('records42=')
    const table = tables.find(({ id }) => id.startsWith('Tablesrecords42'))
    const reads = admin?.statements.filter(({ Resource }) =>
      [Resource].flat().includes(String(table?.arn)),
    )
    expect(reads?.length).toBeGreaterThan(0)
  })
})

describe('a token for a hundred resources', () => {
  const api = 'arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/prod'
  const patterns = patternsOver(allRoutes)
  const allBut = (powers: (index: number) => readonly string[]) =>
    hundred.flatMap(({ name }, index) => powers(index).map((power) => `${name}:${power}`))
  const some: typeof allBut = (powers) => [...allBut(powers), 'users:read']
  test.each<[string, string[], 'gateway' | 'functions']>([
    // Reading a user cannot be denied by name without denying what lies under users.
    ['reads all but users', allBut(() => ['read']), 'functions'],
    ['reads and writes all', some(() => ['read', 'write']), 'gateway'],
    ['reads all', some(() => ['read']), 'gateway'],
    ['writes all', some(() => ['write']), 'functions'],
    [
      'reads all and writes every other',
      some((at) => (at % 2 ? ['read'] : ['read', 'write'])),
      'gateway',
    ],
    ['reads every other', some((at) => (at % 2 ? ['read'] : [])), 'gateway'],
    [
      'reads a third, and writes another',
      some((at) => [['read'], ['write'], []][at % 3] ?? []),
      'functions',
    ],
  ])(
    'that %s fits into what the gateway takes, and opens what it should',
    (_, scopes, refusing) => {
      const scope = [...scopes, 'account'].join(' ')
      const caller = { kind: 'session', scope } as const
      const document = policyDocument(caller, patterns, `${api}/GET/api/v1/records42`)
      const answer = { principalId: userId, policyDocument: document, context: contextOf(scope) }
      expect(JSON.stringify(answer).length).toBeLessThan(8000)
      const policy = compilePolicy(document.Statement as Statement[], 'a caller')
      const granted = parseScope(scope)
      const decided = (route: RouteAccess) =>
        policy.decide(
          'execute-api:Invoke',
          `${api}/${route.method}${route.path.replace(/\{\w+\}/g, '0190-a')}`,
        )
      const secured = allRoutes.filter(({ access }) => access !== 'public')
      const open = secured.filter((route) => isOpenTo(route, 'session', granted))
      expect(open.filter((route) => decided(route) !== 'allowed')).toEqual([])
      const closed = secured.filter((route) => !open.includes(route))
      // The functions refuse what no policy has room for.
      const opened = closed.filter((route) => decided(route) === 'allowed')
      expect(opened).toHaveLength(refusing === 'gateway' ? 0 : closed.length)
    },
  )

  const userId = '0190aaaa-0000-7000-8000-00000000000a'
  const contextOf = (scope: string) => ({
    ...{ userId, sessionId: userId, role: 'member', exp: 1_800_000_000, authTime: 1_800_000_000 },
    scope: packScope(scope),
  })
})

/** Intrinsic functions with names as long as CloudFormation gives them. */
function namesOfAws(template: Template) {
  const stack = 'Portcullis-prod'
  const account = 'arn:aws:service:eu-central-1:123456789012'
  return createResolver({
    template,
    parameters: {},
    pseudo: {
      'AWS::AccountId': '123456789012',
      'AWS::Partition': 'aws',
      'AWS::Region': 'eu-central-1',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack,
    },
    identify: (id) => {
      const name = `${stack}-${id}-1ABCDEFGHIJKL`
      const arn = `${account}:resource/${name}`
      const ref = template.Resources[id]?.Type === 'AWS::SecretsManager::Secret' ? arn : name
      const stream = `${arn}/stream/2026-01-01T00:00:00.000`
      return { ref, attributes: { Arn: arn, StreamArn: stream, RootResourceId: 'x' } }
    },
  })
}
