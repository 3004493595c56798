import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { slowness } from '../../../machine.ts'
import { edited, resource, type Started, start, synthesize, until } from '../fixture.ts'

/** The function's time, on a machine that is as slow as this one. */
const limitMs = 1000 * slowness()

let assembly: string
let runner: Started

beforeAll(async () => {
  assembly = await synthesize()
  process.env.SHELL_ONLY = 'leaked'
  runner = await start({ assembly, parameters: (origin) => ({ PublicUrl: origin }) })
})
afterAll(() => runner?.stop())

describe('a function', () => {
  test('has the template’s environment and Lambda’s, and nothing of the shell', async () => {
    const env = await runner.command('env')
    expect(env).toMatchObject({
      TABLE: 'Things',
      URL: runner.origin,
      SECRET: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:demo/key-AbCdEf',
      AWS_REGION: 'us-east-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      _HANDLER: 'index.handler',
    })
    expect(env._X_AMZN_TRACE_ID).toMatch(/^Root=/)
    expect(env.SHELL_ONLY).toBeUndefined()
    expect(env.HOME).toBeUndefined()
  })

  test('has a context that counts the time down', async () => {
    const { event, context } = await runner.command('echo')
    expect(event).toEqual({ command: 'echo' })
    expect(context).toMatchObject({ functionVersion: '$LATEST', memoryLimitInMB: '128' })
    expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(context.left).toBeGreaterThan(limitMs / 2)
    expect(context.left).toBeLessThanOrEqual(Math.ceil(limitMs))
  })

  test('is found by description, logical id and physical name', async () => {
    const { id, name } = runner.model.functions.find(({ tag }) => tag === 'things') ?? {}
    for (const alias of [id, name]) {
      expect(await runner.invoke(alias ?? '', { command: 'sleep', ms: 0 })).toBe('slept')
    }
    await expect(runner.invoke('nobody', {})).rejects.toThrow('the function nobody is missing')
  })

  test('writes its log lines in order and before it answers', async () => {
    runner.lines.length = 0
    await runner.command('log', { lines: ['plain', '{"level":"WARN","message":"json"}'] })
    const [plain, json, raw] = runner.lines
    expect(JSON.parse(plain ?? '')).toMatchObject({ level: 'INFO', message: 'plain' })
    expect([json, raw]).toEqual(['{"level":"WARN","message":"json"}', '{"raw":true}'])
  })

  test('sees the time move with the clock', async () => {
    const before = await runner.command('now')
    runner.clock.advance(3_600_000)
    const after = await runner.command('now')
    expect(after.now - before.now).toBeGreaterThanOrEqual(3_600_000)
    expect(after.now - before.now).toBeLessThan(3_610_000)
    expect(after.date).toBe(new Date(Date.parse(after.date)).toISOString())
    expect(Math.abs(Date.parse(after.date) - after.now)).toBeLessThan(1000)
    expect(Math.abs(Date.parse(after.text) - after.now)).toBeLessThan(2000)
    expect(after.kind).toBe(true)
    runner.clock.offsetMs = 0
  })
})

describe('failures', () => {
  test('a throw fails its event only, and the instance lives on', async () => {
    const served = await runner.command('served')
    await expect(runner.command('throw', { message: 'no' })).rejects.toMatchObject({
      body: { errorType: 'Error', errorMessage: 'no' },
    })
    expect(await runner.command('served')).toBe(served + 1)
  })

  test('process.exit fails its event only; a new instance serves the next', async () => {
    await expect(runner.command('exit', { status: 7 })).rejects.toThrow('exit status 7')
    expect(await runner.command('served')).toBe(1)
  })

  test('so does an exception outside of the handler’s promise', async () => {
    await expect(runner.command('crash')).rejects.toThrow('out of the blue')
    expect(await runner.command('served')).toBe(1)
  })

  test('a timeout ends the instance, is logged, and is a 502 at the gateway', async () => {
    const body = JSON.stringify({ command: 'forever' })
    const started = performance.now()
    const answer = await fetch(`${runner.origin}/do`, { method: 'POST', body })
    expect(answer.status).toBe(502)
    expect(performance.now() - started).toBeGreaterThan(limitMs - 50)
    const seconds = (limitMs / 1000).toFixed(2)
    expect(runner.lines.join('\n')).toContain(`Task timed out after ${seconds} seconds`)
    expect(await runner.command('served')).toBe(1)
  })

  test('instances can be killed', async () => {
    await runner.command('served')
    await runner.functions.kill('things')
    expect(await runner.command('served')).toBe(1)
  })

  test('an integration that takes too long is a 504, and the function runs on', async () => {
    const hasty = edited(assembly, (template) => {
      const { paths } = resource(template, 'AWS::ApiGateway::RestApi').Properties.Body
      paths['/do'].post['x-amazon-apigateway-integration'].timeoutInMillis = 300
    })
    const second = await start({ assembly: hasty })
    const post = (body: object) =>
      fetch(`${second.origin}/do`, { method: 'POST', body: JSON.stringify(body) })
    await post({ command: 'served' })
    const slow = await post({ command: 'sleep', ms: 400 })
    expect([slow.status, await slow.text()]).toEqual([
      504,
      '{"message":"Endpoint request timed out"}',
    ])
    await until(async () => (await post({ command: 'served' })).status === 200)
    await second.stop()
  })

  test('a bundle that does not load fails every event with its reason in the log', async () => {
    const broken = edited(assembly, (template) => {
      resource(template, 'AWS::Lambda::Function', { Description: 'things' }).Properties.Handler =
        'index.nothing'
    })
    const second = await start({ assembly: broken })
    expect((await fetch(`${second.origin}/echo`)).status).toBe(502)
    expect((await fetch(`${second.origin}/echo`)).status).toBe(502)
    expect(second.lines.join('\n')).toContain('nothing is not a function')
    await second.stop()
  })
})

describe('instances', () => {
  test('serve one event at a time, and grow in number only under load', async () => {
    const second = await start({ assembly, concurrency: 3 })
    await second.command('served')
    for (let index = 0; index < 5; index++) await second.command('served')
    expect(second.functions.instances().things).toBe(1)
    const started = performance.now()
    // Long enough for two more instances to start meanwhile.
    const ms = 200 * slowness()
    const sleeps = Array.from({ length: 15 }, () => second.command('sleep', { ms }))
    await until(() => second.functions.instances().things === 3)
    expect(await Promise.all(sleeps)).toEqual(Array(15).fill('slept'))
    // Fifteen sleeps on at most three instances; a timer may be a little early.
    expect(performance.now() - started).toBeGreaterThan(5 * ms - 10)
    expect(second.functions.instances().things).toBe(3)
    await second.stop()
  })

  test('are no more than the reserved concurrency', async () => {
    const reserved = edited(assembly, (template) => {
      const { Properties } = resource(template, 'AWS::Lambda::Function', { Description: 'things' })
      Properties.ReservedConcurrentExecutions = 1
    })
    const second = await start({ assembly: reserved })
    await Promise.all([100, 100, 100].map((ms) => second.command('sleep', { ms })))
    expect(second.functions.instances().things).toBe(1)
    await second.stop()
  })
})
