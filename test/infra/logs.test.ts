import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../functions/resources/registry.ts'
import { type Api, startApi } from '../api/harness.ts'
import { everyOperation } from './every-operation.ts'

// biome-ignore lint/suspicious/noExplicitAny: log lines of every kind
type Line = any

describe('the log', () => {
  let api: Api
  let lines: Line[]
  let requests: Line[]
  beforeAll(async () => {
    api = await startApi()
    await everyOperation(api)
    lines = api.logs.map((line) => JSON.parse(line))
    requests = lines.filter(({ message }) => message === 'request')
  })
  afterAll(() => api?.stop())

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
    const { token } = api.admin
    for (const [route, units] of [
      ['GET /api/v1/users/me', 'readUnits'],
      ['POST /api/v1/mountains', 'writeUnits'],
    ] as const) {
      api.runner.calls.reset()
      const body = { name: 'mont-ventoux', heightM: 1909 }
      const sent = route.startsWith('POST') ? { token, body } : { token }
      const { headers } = await api.call(route, sent)
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

function namesOf(line: Line): string[] {
  return line._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: Line) => Name)
}

function isOf(id: string | null) {
  return (line: Line) => line.requestId === id && line.message === 'request'
}
