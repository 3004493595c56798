import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { edited, resource, type Started, scratch, start, synthesize, until } from '../fixture.ts'

let assembly: string
let runner: Started
const dataDir = join(scratch, 'data')

beforeAll(async () => {
  assembly = await synthesize()
  runner = await start({ assembly, dataDir })
})
afterAll(() => runner?.stop())

const value = async (stage: string, on = runner): Promise<string> => {
  const request = { SecretId: 'demo/key', VersionStage: stage }
  const answer = await on.command('secrets', { operation: 'GetSecretValue', request })
  return answer.SecretString
}

test('a secret with a schedule is rotated at the first start', async () => {
  expect(await value('AWSCURRENT')).toMatch(/^value [0-9a-f-]{36}$/)
  expect(await value('AWSPREVIOUS')).toMatch(/^[A-Za-z0-9]{40}$/)
})

test('it is kept in a file for the owner alone', () => {
  const file = join(dataDir, 'secrets.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toContain('AWSCURRENT')
})

test('it is rotated again when asked, and when the schedule is due', async () => {
  const first = await value('AWSCURRENT')
  await runner.rotate('demo/key')
  const second = await value('AWSCURRENT')
  expect(second).not.toBe(first)
  expect(await value('AWSPREVIOUS')).toBe(first)
  runner.clock.advance(29 * 86_400_000)
  expect(await value('AWSCURRENT')).toBe(second)
  runner.clock.advance(2 * 86_400_000)
  await until(async () => (await value('AWSCURRENT')) !== second)
})

test('it survives a restart, and is not rotated by it', async () => {
  const before = await value('AWSCURRENT')
  await runner.stop()
  runner = await start({ assembly, dataDir, clock: { offsetMs: 31 * 86_400_000 } })
  expect(await value('AWSCURRENT')).toBe(before)
})

const broken = () =>
  edited(assembly, (template) => {
    const { Properties } = resource(template, 'AWS::Lambda::Function', {
      Description: 'rotate-keys',
    })
    Properties.Environment = { Variables: { BREAK: 'yes' } }
  })

test('a first rotation that fails fails the start, naming the step', async () => {
  await expect(start({ assembly: broken() })).rejects.toThrow(/failed at testSecret: does not work/)
})

test('a later one leaves the current version, and is taken up again', async () => {
  const second = await start({ assembly })
  const before = await value('AWSCURRENT', second)
  await second.reload(broken())
  await expect(second.rotate()).rejects.toThrow('testSecret')
  expect(await value('AWSCURRENT', second)).toBe(before)
  const pending = await value('AWSPENDING', second)
  await second.reload(assembly)
  await second.rotate()
  expect(await value('AWSCURRENT', second)).toBe(pending)
  await second.stop()
})

test('without the permission to invoke the function there is no rotation', async () => {
  const closed = edited(assembly, (template) => {
    const permission = resource(template, 'AWS::Lambda::Permission', {
      Principal: 'secretsmanager.amazonaws.com',
    })
    permission.Properties.Principal = 'sns.amazonaws.com'
  })
  await expect(start({ assembly: closed })).rejects.toThrow('Secrets Manager may not invoke')
})
