import { afterAll, beforeAll, expect, test } from 'vitest'
import { variables } from '../../functions/config/environment.ts'
import { admitMail } from '../../functions/mail/budgets.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { startStore } from './engine.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startStore()
  process.env[variables.table('throttle')] = 'table-throttle'
  await engine.call('CreateTable', {
    TableName: 'table-throttle',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
  })
})
afterAll(() => engine?.stop())

const admit = (id: string) => admitMail('unverified', { id, network: '192.0.2.1' }, 'a@example.org')

test('mails that fail by turns use up nothing; each that is sent counts once', async () => {
  for (const id of ['a', 'b', 'a', 'b', 'a', 'b']) {
    const admitted = await admit(id)
    expect(admitted).toBeDefined()
    await admitted?.takeBack()
  }
  // Each is told of its success twice, as where the function dies after it has sent.
  for (const id of ['a', 'a', 'b', 'b', 'c', 'c']) expect(await admit(id)).toBeDefined()
  expect(await admit('d')).toBeUndefined()
})
