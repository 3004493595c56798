import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { bill, cognitoBill, total } from '../../infra/cost/bill.ts'
import measured from '../../infra/cost/measured.json' with { type: 'json' }
import { type Question, report, trafficOf } from '../../infra/cost/report.ts'
import { standing } from '../../infra/cost/standing.ts'
import {
  type Measured,
  requestNames,
  type Standing,
  standingUsage,
  trafficUsage,
} from '../../infra/cost/usage.ts'
import type { AwsCall } from '../../infra/local/aws/calls.ts'
import { type Runner, startRunner } from '../../infra/local/runner.ts'
import { stages } from '../../infra/stages.ts'
import { assemblyOf, read } from '../assembly.ts'
import { senders } from '../cost/requests.ts'
import { slowness } from '../machine.ts'

const nothing = { hashes: 0, readUnits: 0, writeUnits: 0, logBytes: 0, calls: 0, cpuMs: 0 }
const none = { functions: {}, accessLogBytes: 0, responseBytes: 0 }
const example: Measured = {
  on: '2026-11-22',
  machine: 'a machine',
  resource: { unique: 1, indexes: 2 },
  requests: {
    signup: none,
    refresh: none,
    create: none,
    list: none,
    change: none,
    login: {
      functions: { login: { ...nothing, cpuMs: 2, hashes: 1, writeUnits: 10 } },
      accessLogBytes: 300,
      responseBytes: 1000,
    },
    read: {
      functions: {
        authorizer: { ...nothing, cpuMs: 1, calls: 1, readUnits: 1 },
        resource: { ...nothing, cpuMs: 2, calls: 1, readUnits: 1, logBytes: 300 },
      },
      accessLogBytes: 300,
      responseBytes: 1000,
    },
  },
  hashMs: 75,
  userBytes: 1000,
  itemBytes: 2000,
}
const stack: Standing = {
  bcryptCost: 12,
  memory: { authorizer: 1769, books: 1769, login: 1769 },
  secrets: 1,
  keys: 1,
  alarmMetrics: 10,
  dashboards: 1,
  firewalls: 0,
  backups: true,
  logDays: 30,
}

describe('the arithmetic, against a bill made by hand', () => {
  test('of a million reads', () => {
    const lines = bill(trafficUsage({ read: 1_000_000 }, example, stack))
    const expected = {
      'API Gateway': 3.5,
      'Lambda requests': 0.4,
      // 6 ms and 7 ms of 1,769 MB: 1 ms and 2 ms of computing, and 5 ms for the database.
      'Lambda time (arm64)': (0.013 * 1_000_000 * 1769 * 0.0000133334) / 1024,
      'DynamoDB reads': 0.25,
      // 300 bytes of the function, and 300 of the gateway: 0.6 GB.
      'CloudWatch Logs': 0.3,
      'CloudWatch Logs, kept (compressed)': 0.6 * 0.15 * 0.03,
      'X-Ray': 5,
      'Data transfer out': 0.09,
    }
    const sums = Object.fromEntries(lines.map(({ part, sum }) => [part, sum]))
    expect(Object.keys(sums)).toEqual(Object.keys(expected))
    for (const [part, dollars] of Object.entries(expected)) expect(sums[part]).toBeCloseTo(dollars)
    expect(total(lines)).toBeCloseTo(9.842)
  })

  test('of a login: each step of the cost doubles the hash, and less memory is less processor', () => {
    const seconds = (memory: number) =>
      ((trafficUsage({ login: 1 }, example, { ...stack, memory: { login: memory } })
        .gigabyteSeconds ?? 0) *
        1024) /
      memory
    expect(seconds(1769)).toBeCloseTo(0.302)
    expect(seconds(1769 / 2)).toBeCloseTo(0.604)
  })

  test('of what stands', () => {
    const lines = bill(standingUsage({ users: 1_000_000, items: 2_000_000 }, example, stack))
    const sums = Object.fromEntries(lines.map(({ part, sum }) => [part, sum]))
    expect(sums).toMatchObject({
      'DynamoDB storage': 1.25,
      'DynamoDB point-in-time recovery': 1,
      'Secrets Manager': 0.4,
      KMS: 1,
      'CloudWatch dashboard': 3,
    })
    expect(sums['CloudWatch alarms']).toBeCloseTo(1)
    expect(total(bill(standingUsage({ users: 0, items: 0 }, example, stack)))).toBeCloseTo(5.4)
  })

  test("of Cognito's users", () => {
    const sums = (users: number) => cognitoBill(users).map(({ sum }) => Math.round(sum))
    expect(sums(100_000)).toEqual([495, 1350, 2000])
    expect(sums(10_000)).toEqual([0, 0, 200])
  })

  test('of what is asked: every request is of one kind', () => {
    const question: Question = {
      users: 100,
      requests: 1000,
      reads: 0.8,
      lists: 0.25,
      logins: 4,
      refreshes: 40,
      signups: 0.1,
      items: 10,
    }
    const { signup, login, refresh, ...others } = trafficOf(question)
    expect({ signup, login, refresh }).toEqual({ signup: 10, login: 400, refresh: 4000 })
    expect(others.read).toBeCloseTo(600)
    expect(Object.values(others).reduce((left, right) => left + right)).toBeCloseTo(1000)
    const text = report(question, example, stack)
    for (const part of ['API Gateway', 'DynamoDB writes', 'total', 'Cognito', 'look them up'])
      expect(text).toContain(part)
  })
})

test.each(['dev', 'prod'] as const)('what stands is read from the template of %s', async (name) => {
  const { template, model } = read(await assemblyOf(name))
  const found = standing(template, stages[name])
  const isProd = name === 'prod'
  expect(found).toMatchObject({
    secrets: 2,
    keys: isProd ? 1 : 0,
    dashboards: 1,
    firewalls: 0,
    backups: isProd,
    memory: Object.fromEntries(model.functions.map(({ tag, memoryMb }) => [tag, memoryMb])),
  })
  expect(found.alarmMetrics).toBeGreaterThan(10)
})

describe('the measurements', () => {
  let runner: Runner
  let send: Awaited<ReturnType<typeof senders>>
  beforeAll(async () => {
    runner = await startRunner({
      assembly: inject('assembly'),
      // One instance of each function: another one would have to read its keys first.
      concurrency: 1,
      patience: slowness(),
      parameters: (origin) => ({ PublicUrl: origin }),
      log: () => {},
    })
    // An instance reads some things again after a minute, which may pass on a busy machine.
    runner.clock.stop()
    send = await senders(runner)
    // A page of a list is full, and its cursor's key is there.
    await Promise.all(Array.from({ length: 26 }, () => send.create()))
    for (const name of requestNames) await send[name]()
  })
  afterAll(() => runner?.stop())

  test.each(requestNames)('of %s are still right (else: npm run cost:measure)', async (name) => {
    runner.calls.reset()
    await send[name]()
    const own = Map.groupBy(runner.calls().filter(isOfRequest), ({ function: called }) =>
      called === 'pupils' ? 'resource' : called,
    )
    const recorded: Measured['requests'][typeof name]['functions'] =
      measured.requests[name].functions
    expect([...own.keys()].sort()).toEqual(Object.keys(recorded).sort())
    for (const [called, { readUnits, writeUnits }] of Object.entries(recorded)) {
      const calls = own.get(called) ?? []
      const units = calls.reduce((all, { capacityUnits }) => all + capacityUnits, 0)
      expect(units, called).toBeCloseTo(readUnits + writeUnits, 0)
    }
  })
})

/** An instance of the authorizer queries the public keys once a minute. */
function isOfRequest({ function: called, operation }: AwsCall): boolean {
  return called !== 'authorizer' || operation !== 'Query'
}
