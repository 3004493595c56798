import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../functions/routes/registry.ts'
import type { AwsCall } from '../../infra/local/aws/calls.ts'
import { compileNeeds } from '../../infra/local/aws/dynamodb-access.ts'
import { sendNeeds } from '../../infra/local/aws/ses.ts'
import type { Model, Statement } from '../../infra/local/model.ts'
import { exercised, operationIds } from '../api/answers.ts'
import { type Api, password, startApi, unique, useApi } from '../api/harness.ts'
import { assemblyOf, edited, resources, synthesize } from '../assembly.ts'
import { testStage } from '../stage.ts'
import { everyOperation } from './every-operation.ts'

const algorithms = ['ES256', 'HS256'] as const

// A shared secret is read by other functions than a key pair; and the pair's keys are still there
// to be ended when a deployment turns to a shared secret.
describe.each(algorithms)('what the functions may do, with %s', (algorithm) => {
  const api = useApi({ direct: false })
  beforeAll(async () => {
    if (algorithm !== testStage.algorithm) {
      api.runner.calls.reset()
      await api.runner.reload(await synthesize({ ...testStage, algorithm }))
      Object.assign(api, { admin: await api.signIn('admin', password) })
    }
    await everyOperation(api)
  })

  test('every route was called, none failed', () => {
    const lines = api.logs.map((line) => JSON.parse(line))
    const called = new Set(lines.map(({ method, route }) => `${method} ${route}`))
    const uncalled = routes.map(({ method, path }) => `${method} ${path}`)
    expect(uncalled.filter((route) => !called.has(route))).toEqual([])
    // A refused token is what the authorizer throws.
    const refused = (message: { errorMessage?: string } | undefined) =>
      message?.errorMessage === 'Unauthorized'
    const failures = lines.filter(
      ({ status, level, message }) =>
        Number(status) >= 500 || (level === 'ERROR' && !refused(message)),
    )
    expect(failures).toEqual([])
  })

  test('every operation of the document answered with success, as documented', () => {
    expect(operationIds.filter((id) => !exercised.has(id))).toEqual([])
  })

  test('is what they do, and no more', async () => {
    const allowed = granted(api.runner.model)
    const unused = () => {
      const done = new Set(used(api))
      return allowed.filter((grant) => !done.has(grant))
    }
    // Functions behind a stream come late.
    await expect.poll(unused).toEqual([])
    expect(used(api).filter((call) => !allowed.includes(call))).toEqual([])
  })
})

test('without a grant the request fails with 500, and the log says why', async () => {
  const assembly = edited(await assemblyOf('local'), ({ template }) => {
    const role = resources<RoleProperties>(template, 'AWS::IAM::Role').find(({ id }) =>
      id.startsWith('FunctionsPupils'),
    )
    const document = role?.Properties.Policies?.[0]?.PolicyDocument
    if (!document) throw new Error('There is no policy of pupils')
    document.Statement = document.Statement.map((statement) => ({
      ...statement,
      Action: actions(statement).filter((action) => action !== 'dynamodb:Query'),
    }))
  })
  const api = await startApi({ assembly })
  try {
    const path = '/api/v1/pupils'
    const body = { name: 'Ada', email: `${unique()}@example.org`, rollNo: '1', age: 20 }
    const { token } = api.admin
    const { status } = await api.call(`POST ${path}`, { token, body })
    expect(status).toBe(201)
    const answer = await api.call(`GET ${path}`, { token })
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error' } })
    expect(answer.text).not.toMatch(/AccessDenied|dynamodb|arn:/i)
    const { requestId } = answer.body
    const said = api.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === 'ERROR')
    expect(said).toContainEqual(expect.objectContaining({ requestId, message: 'request' }))
    expect(JSON.stringify(said)).toMatch(/AccessDeniedException.*dynamodb:Query/)
  } finally {
    await api.stop()
  }
})

test('the authorizer counts the uses of a key, and can change nothing else of a row', async () => {
  const assembly = edited(await assemblyOf('local'), ({ bundle }) => {
    const file = bundle('authorizer')
    const source = readFileSync(file, 'utf8')
    const changed = source
      .replace('"lastUsedAt","lastUse"]', '"lastUsedAt","scope"]')
      .replace('#lastUse = :use', '#scope = :use')
      .replaceAll('#lastUse)', '#scope)')
      .replace('#lastUse <>', '#scope <>')
    if (!changed.includes('#scope = :use')) throw new Error('The uses are counted in another way')
    writeFileSync(file, changed)
  })
  const api = await startApi({ assembly })
  try {
    const { token } = await api.signUp()
    const key = async (more: object) => {
      const body = { name: 'a script', scope: 'users:read', ...more }
      return (await api.call('POST /api/v1/auth/keys', { token, body })).body.key
    }
    const me = async (held: string) =>
      (await api.call('GET /api/v1/users/me', { token: held })).status
    expect(await me(await key({}))).toBe(200)
    expect(await me(await key({ maxUses: 3 }))).toBe(503)
    expect(api.logs.join()).toMatch(/AccessDenied[^}]*dynamodb:UpdateItem/)
  } finally {
    await api.stop()
  }
})

/** `pupils dynamodb:GetItem table/Pupils`, for all that the template allows. */
function granted({ functions }: Model): string[] {
  const lines = functions.flatMap(({ tag, statements }) =>
    statements
      .filter((statement) => actions(statement).some(isData))
      .flatMap((statement) =>
        actions(statement).flatMap((action) =>
          [statement.Resource ?? []].flat().map((resource) => line(tag, action, resource)),
        ),
      ),
  )
  return [...new Set(lines)].sort()
}

/** The same of all that the functions did. */
function used({ runner }: Api): string[] {
  const { model } = runner
  const needs = compileNeeds(
    model.tables,
    `arn:aws:dynamodb:${model.region}:${model.account}:table/`,
  )
  const lines = runner.calls().flatMap((call) => needsOf(call))
  return [...new Set(lines)].sort()

  function needsOf(call: AwsCall): string[] {
    if (call.service === 'dynamodb')
      return (needs(call.operation, call.request) ?? []).map(({ action, resource }) =>
        line(call.function, action, resource),
      )
    if (call.service === 'ses')
      // A condition names the address that it sends as; SES may ask about every identity.
      return sendNeeds(model, call.request).map(({ action, resource }) =>
        line(call.function, action, resource.replace(/identity\/.*$/, 'identity/*')),
      )
    const { SecretId } = call.request
    return [line(call.function, `secretsmanager:${call.operation}`, String(SecretId))]
  }
}

function line(tag: string, action: string, resource: string): string {
  return `${tag} ${action} ${resource.replace(/^arn:aws:\w+:[\w-]+:\d+:/, '')}`
}

function actions({ Action }: Statement): string[] {
  return [Action ?? []].flat()
}

/** Lambda itself, not our code, reads streams and keeps dead letters in the function's name. */
const ofThePlatform =
  /^(logs|xray|kms|sqs):|^dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$/

function isData(action: string): boolean {
  return !ofThePlatform.test(action)
}

interface RoleProperties {
  readonly Policies?: readonly { readonly PolicyDocument: { Statement: Statement[] } }[]
}
