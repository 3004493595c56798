import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OurBundles, ourBundles } from '../bench/bundles.ts'
import {
  authorizerEvent,
  invoked,
  loginEvent,
  requestEvent,
  startWorld,
  type World,
} from '../bench/world.ts'

/** Tests that what is measured of ours still answers: a failing invocation ends the measuring. */
let bundles: OurBundles
let world: World
beforeAll(async () => {
  bundles = await ourBundles(['authorizer', 'pupils'])
  world = await startWorld()
})
afterAll(() => world?.stop())

test.each(['read', 'list', 'create'] as const)(
  'a function without database, and the pipeline alone, answer %s',
  async (operation) => {
    const events = [requestEvent(operation)]
    await measured({ file: bundles.alone.pupils ?? '', events })
    await measured({ file: bundles.parts.pipeline ?? '', events })
  },
)

test('login answers without database and hash', async () => {
  await measured({ file: bundles.alone.login ?? '', events: [loginEvent()] })
})

test('a session is read, and a whole request answered, with the stub of the database', async () => {
  const session = [JSON.stringify(world.session)]
  await measured({ file: bundles.parts['session-read'] ?? '', events: session })
  const token = await world.token()
  await measured({
    authorizer: { file: bundles.parts.authorizer ?? '', events: [authorizerEvent(token)] },
    file: bundles.ours.pupils ?? '',
    events: [requestEvent('read', token)],
  })
})

async function measured(task: Parameters<typeof invoked>[2]): Promise<void> {
  const subject = invoked(`test-${process.pid}`, world.env, task, 1)
  try {
    expect(await subject.measure()).toBeTypeOf('number')
  } finally {
    subject.stop()
  }
}
