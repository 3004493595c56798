import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Runner, startRunner } from '../../infra/local/runner.ts'
import { slowness } from '../machine.ts'

/**
 * The functions are called here with events that the gateway would never let through: what they
 * check themselves must hold without it.
 */
describe('a function by itself', () => {
  let runner: Runner
  beforeAll(async () => {
    runner = await startRunner({
      assembly: inject('assembly'),
      patience: slowness(),
      log: () => {},
    })
  })
  afterAll(() => runner?.stop())

  const seconds = Math.floor(Date.now() / 1000)
  const caller = {
    userId: '01890000-0000-7000-8000-000000000000',
    sessionId: '01890000-0000-7000-8000-000000000001',
    role: 'member',
    scope: 'pupils:read',
    exp: String(seconds + 60),
  }

  async function list(authorizer: unknown, path = '/api/v1/pupils') {
    const answer = await runner.invoke('pupils', {
      httpMethod: 'GET',
      resource: '/api/v1/pupils',
      path,
      headers: {},
      body: null,
      requestContext: { requestId: 'r', path, authorizer, identity: {} },
    })
    return answer as { statusCode: number; body: string }
  }

  test('serves a caller with the scope', async () => {
    expect((await list(caller)).statusCode).toBe(200)
  })

  test('knows no path with a slash at its end, whatever the gateway takes it for', async () => {
    expect((await list(caller, '/api/v1/pupils/')).statusCode).toBe(404)
  })

  test('compares the scope itself', async () => {
    const answer = await list({ ...caller, scope: 'pupils:write memos:read' })
    expect(answer.statusCode).toBe(403)
    expect(JSON.parse(answer.body).code).toBe('insufficient_scope')
  })

  test('refuses a token that has ended since the policy was made', async () => {
    expect((await list({ ...caller, exp: String(seconds - 1) })).statusCode).toBe(401)
  })

  test.each([undefined, null, {}, { ...caller, userId: '' }, { ...caller, exp: undefined }])(
    'is closed without the authorizer: %j',
    async (context) => {
      const answer = await list(context)
      expect(answer.statusCode).toBe(500)
      expect(JSON.parse(answer.body).code).toBe('internal_error')
    },
  )
})
