import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../functions/routes/registry.ts'
import { savedQueries } from '../../infra/queries.ts'
import { type Api, password, startApi, unique, useApi } from '../api/harness.ts'
import { synthesize } from '../assembly.ts'
import { testStage } from '../stage.ts'
import { everyOperation } from './every-operation.ts'
import { runQuery } from './insights.ts'

// biome-ignore lint/suspicious/noExplicitAny: log lines of every kind
type Line = any

describe('the log', () => {
  const api = useApi({ direct: false })
  let lines: Line[]
  let requests: Line[]
  beforeAll(async () => {
    await everyOperation(api)
    lines = api.logs.map((line) => JSON.parse(line))
    requests = lines.filter(({ message }) => message === 'request')
  })

  test('has one line a request, with all that one asks for later', () => {
    const served = new Set(requests.map(({ requestId }) => requestId))
    expect(served.size).toBe(requests.length)
    const names = new Set(routes.map(({ method, path }) => `${method} ${path}`))
    for (const line of requests) {
      expect(line).toMatchObject({
        level: 'INFO',
        service: 'portcullis-local',
        function: expect.any(String),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        requestId: expect.stringMatching(/^[\da-f-]{36}$/),
        awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
        xray_trace_id: expect.stringMatching(/^1-[\da-f]{8}-[\da-f]{24}$/),
        status: expect.any(Number),
        durationMs: expect.any(Number),
        coldStart: expect.any(Number),
        readUnits: expect.any(Number),
        writeUnits: expect.any(Number),
      })
      expect(names).toContain(line.route)
      expect(line).not.toHaveProperty('sampling_rate')
      expect('code' in line).toBe(line.status >= 400)
    }
  })

  test('names the user and the session behind the authorizer', () => {
    const access = new Map(routes.map((route) => [`${route.method} ${route.path}`, route.access]))
    for (const { route, userId, sessionId } of requests) {
      const known = access.get(route) === 'public' ? 'undefined' : 'string'
      expect([route, typeof userId, typeof sessionId]).toEqual([route, known, known])
    }
  })

  test('tells the first request of each instance from the others', () => {
    const cold = requests.filter(({ coldStart }) => coldStart === 1).map((line) => line.function)
    expect(new Set(cold).size).toBe(new Set(requests.map((line) => line.function)).size)
    expect(cold.length).toBeLessThan(requests.length / 2)
  })

  test('has as many capacity units as DynamoDB says', async () => {
    // A key has been withdrawn above, and functions sign with what they read a minute ago.
    api.runner.clock.advance(61_000)
    const { token } = await api.signIn('admin', password)
    for (const [route, units] of [
      ['GET /api/v1/users/me', 'readUnits'],
      ['POST /api/v1/summits', 'writeUnits'],
    ] as const) {
      api.runner.calls.reset()
      const body = { name: 'mont-ventoux', heightM: 1909 }
      const sent = route.startsWith('POST') ? { token, body } : { token }
      const { headers, status, text } = await api.call(route, sent)
      expect(status, text).toBeLessThan(300)
      const id = headers.get('x-request-id')
      const line = api.logs.map((text) => JSON.parse(text)).find(isOf(id))
      const consumed = api.runner.calls().filter((call) => call.function === line.function)
      const total = consumed.reduce((sum, { capacityUnits }) => sum + capacityUnits, 0)
      expect(total).toBeGreaterThan(0)
      expect({ ...line, total: line.readUnits + line.writeUnits }).toMatchObject({
        total,
        [units]: total,
      })
    }
  })

  test('is where CloudWatch finds the metrics, each under one dimension', () => {
    const measured = lines.filter((line) => '_aws' in line)
    for (const line of measured) {
      const [directive] = line._aws.CloudWatchMetrics
      expect(directive).toMatchObject({ Namespace: 'Portcullis', Dimensions: [['service']] })
      for (const { Name, Unit } of directive.Metrics)
        expect([Name, Unit, typeof line[Name]]).toEqual([
          Name,
          /(Ms|Days)$/.test(Name) ? 'None' : 'Count',
          'number',
        ])
    }
    for (const line of requests) expect(line).toHaveProperty('_aws')
    const names = new Set(measured.flatMap(namesOf))
    for (const name of [
      'durationMs',
      'coldStart',
      'login_succeeded',
      'login_failed',
      'session_ended',
      'key_rotated',
      'problem_not_found',
      'keyAgeDays',
    ])
      expect(names).toContain(name)
  })

  test('counts a refusal by its code', () => {
    for (const line of requests)
      expect(namesOf(line).filter((name) => name.startsWith('problem_'))).toEqual(
        line.code ? [`problem_${line.code}`] : [],
      )
  })

  test('holds no token, password, hash or key', () => {
    const text = api.logs.join('\n')
    expect(text).not.toMatch(/eyJ[\w-]+\.|\$2[aby]\$|"(password|hash|d|refresh_token)":/)
    for (const secret of [api.admin.password, api.admin.refreshToken, api.admin.deviceToken])
      expect(text).not.toContain(secret)
  })
})

describe('the saved queries, over the log', () => {
  let api: Api
  let lines: Line[]
  let failed: { id: string; traceId: string }
  beforeAll(async () => {
    api = await startApi({
      intercept: ({ operation, request }) =>
        JSON.stringify(request).includes('mont-perdu') && operation === 'GetItem'
          ? { error: 'ValidationException', message: 'out of order' }
          : undefined,
    })
    const { token } = api.admin
    const { username } = await api.signUp()
    for (const body of [
      { username, password: 'wrong password' },
      { username: unique(), password: 'wrong password' },
    ])
      await api.call('POST /api/v1/auth/login', { body })
    await api.call('GET /api/v1/summits')
    await api.call('GET /api/v1/summits/nowhere', { token })
    const { headers } = await api.call('GET /api/v1/summits/mont-perdu', { token })
    lines = api.logs.map((line) => JSON.parse(line))
    const id = headers.get('x-request-id') ?? ''
    failed = { id, traceId: lines.find((line) => line.requestId === id)?.xray_trace_id }
  })
  afterAll(() => api?.stop())

  const run = (name: keyof typeof savedQueries, words: Record<string, string> = {}) => {
    const text = savedQueries[name].join('\n| ')
    return runQuery(
      text.replace(/"(ID|USER_ID)"/g, (_, word) => `"${words[word]}"`),
      lines,
    )
  }

  test('slowest-routes', () => {
    const rows = run('slowest-routes')
    expect(rows.map(({ route }) => route)).toContain('POST /api/v1/auth/login')
    for (const row of rows)
      expect(row).toEqual({
        route: expect.any(String),
        requests: expect.any(Number),
        mean: expect.any(Number),
        p99: expect.any(Number),
        slowest: expect.any(Number),
      })
    expect(rows.map(({ p99 }) => p99)).toEqual(
      rows.map(({ p99 }) => Number(p99)).sort((a, b) => b - a),
    )
  })

  test('most-expensive-routes', () => {
    expect(run('most-expensive-routes')).toContainEqual({
      route: 'GET /api/v1/summits/{name}',
      requests: 2,
      reads: 1,
      writes: 0,
      coldStarts: expect.any(Number),
    })
  })

  test('errors-by-code', () => {
    expect(run('errors-by-code')).toEqual([
      { code: 'invalid_credentials', route: 'POST /api/v1/auth/login', times: 2 },
      { code: 'not_found', route: 'GET /api/v1/summits/{name}', times: 1 },
      { code: 'internal_error', route: 'GET /api/v1/summits/{name}', times: 1 },
    ])
  })

  test('server-errors', () => {
    expect(run('server-errors')).toEqual([
      {
        '@timestamp': expect.any(String),
        function: 'summits',
        route: 'GET /api/v1/summits/{name}',
        code: 'internal_error',
        requestId: failed.id,
        'error.message': 'out of order',
        'error.cause.message': undefined,
        'error.stack': expect.stringContaining('ValidationException'),
      },
    ])
  })

  test('refused-by-the-gateway', () => {
    expect(run('refused-by-the-gateway')).toEqual([
      { refusal: 'UNAUTHORIZED', route: '/api/v1/summits', times: 1 },
    ])
  })

  test('failed-logins-by-address', () => {
    expect(run('failed-logins-by-address')).toEqual([
      { address: '127.0.0.1', failures: 2, accounts: 1 },
    ])
  })

  test('one-user', () => {
    const rows = run('one-user', { USER_ID: api.admin.id })
    expect(rows).toContainEqual(expect.objectContaining({ event: 'login_succeeded' }))
    expect(rows).toContainEqual(
      expect.objectContaining({
        function: 'summits',
        status: 404,
        code: 'not_found',
        sessionId: api.admin.sessionId,
      }),
    )
    // The gateway's own line of the same request.
    expect(rows).toContainEqual(expect.objectContaining({ route: '/api/v1/summits/{name}' }))
  })

  test('one-request, by its id or by its trace', () => {
    for (const ID of [failed.id, failed.traceId]) {
      const rows = run('one-request', { ID })
      expect(rows).toContainEqual(
        expect.objectContaining({ function: 'summits', 'error.message': 'out of order' }),
      )
      expect(rows).toContainEqual(expect.objectContaining({ route: '/api/v1/summits/{name}' }))
      expect(rows.length).toBe(2)
    }
  })
})

function namesOf(line: Line): string[] {
  return line._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: Line) => Name)
}

function isOf(id: string | null) {
  return (line: Line) => line.requestId === id && line.message === 'request'
}

describe('of a stage that leaves out lines of successful requests', () => {
  let api: Api
  beforeAll(async () => {
    api = await startApi({ assembly: await synthesize({ ...testStage, requestsALine: 4 }) })
  })
  afterAll(() => api?.stop())

  /** The lines of the function of pupils, as they came in. */
  const lines = () =>
    api.logs.map((line): Line => JSON.parse(line)).filter((line) => line.function === 'pupils')
  const list = async (times: number) => {
    for (let time = 0; time < times; time++)
      await api.call('GET /api/v1/pupils', { token: api.admin.token })
  }
  const missing = () =>
    api.call('GET /api/v1/pupils/01a22481-9891-775c-8e59-52b634b5a21c', { token: api.admin.token })

  test('one in four is written, errors are, and every duration is measured once', async () => {
    await list(1)
    expect(lines()).toMatchObject([{ message: 'request', status: 200, coldStart: 1 }])
    await list(3)
    expect(lines()).toHaveLength(1)
    await list(1)
    const three = [expect.any(Number), expect.any(Number), expect.any(Number)]
    expect(lines().slice(1)).toMatchObject([
      { message: 'requests', durationMs: three, coldStart: [0, 0, 0] },
      { message: 'request', status: 200, durationMs: expect.any(Number), coldStart: 0 },
    ])
    await list(1)
    await missing()
    await missing()
    expect(lines().slice(3)).toMatchObject([
      { message: 'requests', durationMs: expect.any(Number) },
      { message: 'request', status: 404, code: 'not_found', problem_not_found: 1 },
      { message: 'request', status: 404, code: 'not_found', problem_not_found: 1 },
    ])
    const measured = lines().flatMap(({ durationMs }) => durationMs)
    expect(measured).toHaveLength(8)
  })

  test('none waits longer than a minute, if there are requests', async () => {
    const before = lines().length
    await list(1)
    expect(lines()).toHaveLength(before)
    api.runner.clock.advance(60_000)
    await list(1)
    expect(
      lines()
        .slice(before)
        .map(({ message }) => message),
    ).toEqual(['requests', 'request'])
  })

  test('security events are written', async () => {
    await api.signIn('admin', password)
    const events = api.logs.filter((line) => line.includes('"login_succeeded"'))
    const before = events.length
    await api.signIn('admin', password)
    expect(api.logs.filter((line) => line.includes('"login_succeeded"'))).toHaveLength(before + 1)
  })
})
