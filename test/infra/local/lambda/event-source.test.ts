import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { edited, resource, type Started, scratch, start, synthesize, until } from '../fixture.ts'

let assembly: string

beforeAll(async () => {
  assembly = await synthesize()
})

const seen = async (runner: Started) =>
  (await runner.invoke('on-removed', { command: 'seen' })) as string[]

async function addAndRemove(runner: Started, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    const key = { id: { S: id } }
    const request = (operation: string, field: string) =>
      runner.command('dynamodb', { operation, request: { TableName: 'Things', [field]: key } })
    await request('PutItem', 'Item')
    await request('DeleteItem', 'Key')
  }
}

test.each([true, false])(
  'records that match the filter reach the function, in order (direct calls: %s)',
  async (direct) => {
    const runner = await start({ assembly, direct })
    await addAndRemove(runner, 'a', 'b', 'c')
    await until(async () => (await seen(runner)).length >= 3)
    expect(await seen(runner)).toEqual(['REMOVE a', 'REMOVE b', 'REMOVE c'])
    await runner.stop()
  },
)

test('a record that keeps failing is given up, the others are not', async () => {
  const runner = await start({ assembly })
  // One transaction, so that the three removals come in one batch.
  const ids = ['x', 'poison', 'z']
  const transact = (items: object[]) =>
    runner.command('dynamodb', {
      operation: 'TransactWriteItems',
      request: { TransactItems: items },
    })
  const key = (id: string) => ({ id: { S: id } })
  await transact(ids.map((id) => ({ Put: { TableName: 'Things', Item: key(id) } })))
  await transact(ids.map((id) => ({ Delete: { TableName: 'Things', Key: key(id) } })))
  await until(() => runner.deadLetters.length > 0)
  await until(async () => (await seen(runner)).includes('REMOVE z'))
  const [letter, another] = runner.deadLetters
  expect(another).toBeUndefined()
  expect(letter?.destination).toMatch(/:Undigested/)
  expect(letter?.message).toMatchObject({ DDBStreamBatchInfo: { batchSize: 1 } })
  expect(await seen(runner)).toContain('REMOVE x')
  await runner.stop()
})

test('each function behind a table gets what its own filter lets through, and reports failures of its own', async () => {
  const runner = await start({ assembly })
  const put = (id: string) =>
    runner.command('dynamodb', {
      operation: 'PutItem',
      request: { TableName: 'Things', Item: { id: { S: id } } },
    })
  for (const id of ['a', 'poison', 'b']) await put(id)
  await addAndRemove(runner, 'gone')
  const written = () => runner.invoke('on-written', { command: 'seen' }) as Promise<string[]>
  await until(async () => (await written()).includes('gone'))
  await until(async () => (await seen(runner)).includes('REMOVE gone'))
  expect(await written()).toEqual(['a', 'b', 'gone'])
  expect(await seen(runner)).toEqual(['REMOVE gone'])
  expect(runner.lines.join()).toContain('gave up on 1 records of Things: RetryAttemptsExhausted')
  await runner.stop()
})

test('records written while nobody listened are delivered after a restart', async () => {
  const dataDir = join(scratch, 'streams')
  const deaf = edited(assembly, (template) => {
    for (const [id, { Type }] of Object.entries(template.Resources)) {
      if (Type === 'AWS::Lambda::EventSourceMapping') delete template.Resources[id]
    }
  })
  const first = await start({ assembly, dataDir })
  await addAndRemove(first, 'early')
  await until(async () => (await seen(first)).length === 1)
  await first.stop()
  const second = await start({ assembly: deaf, dataDir })
  await addAndRemove(second, 'missed')
  await second.stop()
  const third = await start({ assembly, dataDir })
  await until(async () => (await seen(third)).length > 0)
  expect(await seen(third)).toEqual(['REMOVE missed'])
  await third.stop()
})

test('a function whose role may not read the stream is refused', async () => {
  const closed = edited(assembly, (template) => {
    const mapping = resource(template, 'AWS::Lambda::EventSourceMapping')
    const things = Object.entries(template.Resources).find(
      ([, { Type, Properties }]) =>
        Type === 'AWS::Lambda::Function' && Properties.Description === 'things',
    )
    mapping.Properties.FunctionName = { Ref: things?.[0] }
  })
  await expect(start({ assembly: closed })).rejects.toThrow('does not allow dynamodb:GetRecords')
})
