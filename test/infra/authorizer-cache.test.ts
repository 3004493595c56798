import { afterEach, describe, expect, test } from 'vitest'
import { type Api, startApi } from '../api/harness.ts'
import { assemblyOf, type Draft, edited, resources, wrapHandler } from '../assembly.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests look at whatever a template may hold
type Any = any

/** What API Gateway would do with a policy that is about the method at hand only. */
const allowsOnlyThis = `(handler) => async (event, context) => {
  const answer = await handler(event, context)
  const Statement = [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: event.methodArn }]
  return { ...answer, policyDocument: { Version: '2012-10-17', Statement } }
}`

describe('when the gateway remembers the answers of the authorizer', () => {
  let api: Api | undefined
  afterEach(() => api?.stop())

  test('one token opens all routes that its scopes open, and no other', async () => {
    const { call, member, authorizations } = await start()
    expect(await call('GET /api/v1/pupils', member)).toBe(200)
    expect(await call('GET /api/v1/summits', member)).toBe(200)
    expect(await call('GET /api/v1/users/me', member)).toBe(200)
    expect(await call('POST /api/v1/summits', member)).toBe(403)
    expect(await call('GET /api/v1/users', member)).toBe(403)
    expect(authorizations()).toBe(1)
  })

  test('a revoked token is refused once the stage has forgotten it', async () => {
    const { call, member, advance } = await start()
    expect(await call('POST /api/v1/auth/logout', member)).toBe(204)
    expect(await call('GET /api/v1/pupils', member)).toBe(200)
    advance(300_001)
    expect(await call('GET /api/v1/pupils', member)).toBe(401)
  })

  test('these tests would see a policy that allows only the method at hand', async () => {
    const { call, member } = await start(({ bundle }) =>
      wrapHandler(bundle('authorizer'), allowsOnlyThis),
    )
    expect(await call('GET /api/v1/pupils', member)).toBe(200)
    expect(await call('GET /api/v1/summits', member)).toBe(403)
  })

  async function start(change: (draft: Draft) => void = () => {}) {
    const assembly = edited(await assemblyOf('local'), (draft) => {
      change(draft)
      const [rest] = resources<Any>(draft.template, 'AWS::ApiGateway::RestApi')
      const { token } = (rest as Any).Properties.Body.components.securitySchemes
      token['x-amazon-apigateway-authorizer'].authorizerResultTtlInSeconds = 300
    })
    const started = await startApi({ assembly, direct: false })
    api = started
    const { token } = await started.signUp()
    started.runner.calls.reset()
    return {
      member: token,
      advance: (ms: number) => started.runner.clock.advance(ms),
      call: async (route: string, token: string) => (await started.call(route, { token })).status,
      authorizations: () =>
        started.runner
          .calls()
          .filter((call) => call.function === 'authorizer' && call.operation === 'GetItem').length,
    }
  }
})
