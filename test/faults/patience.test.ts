import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { AwsCall, Fault } from '../../infra/local/aws/calls.ts'
import { type Answer, type Api, startApi, unique, useApi } from '../api/harness.ts'
import { edited, resources, wrapHandler } from '../assembly.ts'
import { dump } from '../invariants.ts'
import { slowness } from '../machine.ts'

let fault: ((call: AwsCall) => Fault | undefined) | undefined
afterEach(() => {
  fault = undefined
})

describe('AWS answers badly', () => {
  const api = useApi({ intercept: (call) => fault?.(call) })

  /** The calls of an operation from now on, the first of which goes wrong. */
  function firstOf(operation: string, wrong: Fault): AwsCall[] {
    const seen: AwsCall[] = []
    fault = (call) => {
      if (call.operation !== operation) return undefined
      return seen.push(call) === 1 ? wrong : undefined
    }
    return seen
  }

  test('a transaction is repeated with its token, so that it is done once', async () => {
    const seen = firstOf('TransactWriteItems', { dropAnswer: true })
    expect((await create(api)).status).toBe(201)
    expect(seen.map(({ request }) => request.ClientRequestToken)).toEqual([
      expect.stringMatching(/^[\w-]{36}$/),
      seen[0]?.request.ClientRequestToken,
    ])
    const others = firstOf('TransactWriteItems', {})
    await create(api)
    expect(others[0]?.request.ClientRequestToken).not.toBe(seen[0]?.request.ClientRequestToken)
  })

  test('an answer that takes longer than two seconds is asked for again', async () => {
    const seen = firstOf('TransactWriteItems', { delayMs: 2300 * slowness() })
    const started = performance.now()
    expect((await create(api)).status).toBe(201)
    expect(performance.now() - started).toBeGreaterThan(1900)
    expect(seen).toHaveLength(2)
  })

  test('a try whose answer is lost is counted once, the last one of the budget too', async () => {
    const { username } = await api.signUp()
    const tries = async (password: string, wrong?: Fault) => {
      const seen = new Set<unknown>()
      fault = ({ operation, request }) => {
        const { key } = (request.Key ?? {}) as { key?: { S: string } }
        if (!wrong || operation !== 'UpdateItem' || !key || seen.has(key.S)) return undefined
        seen.add(key.S)
        return wrong
      }
      return (await api.call('POST /api/v1/auth/login', { body: { username, password } })).status
    }
    expect(await tries('not the password', { dropAnswer: true })).toBe(401)
    const { throttle = [] } = await dump(api.runner, ['throttle'])
    const counted = throttle.filter(({ key }) => String(key).startsWith('account'))
    expect(counted.map((counter) => counter.tries)).toContain(1)
    expect(Math.max(...counted.map((counter) => Number(counter.tries)))).toBe(1)
    for (let count = 2; count < 10; count++) expect(await tries('not the password')).toBe(401)
    expect(await tries('correct horse battery', { dropAnswer: true })).toBe(200)
  })

  test('what may not be done is a defect, and no 503', async () => {
    fault = ({ operation }) =>
      operation === 'TransactWriteItems' ? { error: 'AccessDeniedException' } : undefined
    expect(await create(api)).toMatchObject({ status: 500, body: { code: 'internal_error' } })
    api.runner.clock.advance(61_000)
    fault = ({ service }) =>
      service === 'secretsmanager' ? { error: 'AccessDeniedException' } : undefined
    const { username, password } = api.admin
    const login = await api.call('POST /api/v1/auth/login', { body: { username, password } })
    expect(login).toMatchObject({ status: 500, body: { code: 'internal_error' } })
  })
})

describe('AWS does not answer in time', () => {
  // Long enough for what the function computes, on a machine that does other things too.
  const seconds = Math.ceil(2 * slowness())
  let api: Api
  beforeAll(async () => {
    const assembly = edited(inject('assembly'), ({ template, bundle }) => {
      for (const name of ['authorizer', 'pupils']) {
        // The jitter at its longest: throttled calls wait for seconds before they are repeated.
        wrapHandler(bundle(name), 'handler => { Math.random = () => 0.999; return handler }')
        for (const { Properties } of resources<Lambda>(template, 'AWS::Lambda::Function'))
          if (Properties.Description === name) Properties.Timeout = seconds
      }
    })
    api = await startApi({ assembly, intercept: (call) => fault?.(call) })
    await create(api)
  })
  afterAll(() => api?.stop())

  const wrongs: Fault[] = [
    { delayMs: (seconds + 1) * 1000 },
    { error: 'ProvisionedThroughputExceededException' },
    { drop: true },
  ]

  test.each(
    ['pupils', 'authorizer'].flatMap((name) => wrongs.map((wrong) => [name, wrong] as const)),
  )('%s: 503 before its time is over, with %o', async (name, wrong) => {
    fault = (call) => (call.function === name ? wrong : undefined)
    const answer = await create(api)
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(api.logs.filter((line) => line.includes('timed out'))).toEqual([])
    fault = undefined
    expect((await create(api)).status).toBe(201)
  })

  test('nothing goes on in the next invocation', async () => {
    fault = ({ function: name }) =>
      name === 'pupils' ? { error: 'ProvisionedThroughputExceededException' } : undefined
    expect((await create(api)).status).toBe(503)
    fault = undefined
    api.runner.calls.reset()
    // Longer than the longest wait before a repetition.
    for (let end = performance.now() + 2500; performance.now() < end; )
      await api.call('GET /api/v1/pupils', { token: api.admin.token })
    expect(api.runner.calls().filter(({ operation }) => operation.startsWith('Transact'))).toEqual(
      [],
    )
  })
})

interface Lambda {
  readonly Description: string
  Timeout: number
}

function create(api: Api): Promise<Answer> {
  const body = { name: 'Ada', email: `${unique()}@example.org`, rollNo: '1', age: 20 }
  return api.call('POST /api/v1/pupils', { token: api.admin.token, body })
}
