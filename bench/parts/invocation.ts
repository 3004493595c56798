import { type Bundles, peers } from '../bundles.ts'
import { type Figures, interleaved } from '../rounds.ts'
import { authorizerEvent, invoked, loginEvent, requestEvent, type World } from '../world.ts'

export const operations = ['read', 'list', 'create'] as const

/**
 * Microseconds of CPU time that an invocation takes by itself, by operation: without database, log
 * line and authentication; without parsing the event, but with writing the answer.
 */
export async function invocation(
  { alone, inMemory, parts }: Bundles,
  world: World,
  rounds: number,
): Promise<Readonly<Record<string, Figures>>> {
  const figures: Record<string, Figures> = {}
  for (const operation of operations) {
    const events = [requestEvent(operation)]
    const subject = (name: string, file = '') =>
      invoked(name, world.env, { file, events }, operation === 'list' ? 5000 : 20_000)
    const subjects = [
      subject('bare handler', inMemory.bare),
      subject('portcullis, its pipeline', parts.pipeline),
      subject('portcullis, the function', alone.pupils),
      subject('middy', inMemory.middy),
      ...peers.map((name) => subject(name, inMemory[name])),
    ]
    figures[operation] = await interleaved(`one ${operation}`, subjects, rounds)
    for (const { stop } of subjects) stop()
  }
  const login = invoked(
    'portcullis, the function',
    world.env,
    { file: alone.login ?? '', events: [loginEvent()] },
    1000,
  )
  figures['login without bcrypt'] = await interleaved('one login', [login], rounds)
  login.stop()
  return figures
}

/** The same for the authorizer and its parts, with a database in another process. */
export async function authorization(
  { ours, parts }: Bundles,
  world: World,
  rounds: number,
): Promise<Figures> {
  const seen = [authorizerEvent(await world.token())]
  const fresh: string[] = []
  for (let count = 0; count < 1000 * (rounds + 4); count++)
    fresh.push(authorizerEvent(await world.token()))
  const subjects = [
    invoked(
      'session read',
      world.env,
      { file: parts['session-read'] ?? '', events: [JSON.stringify(world.session)] },
      1000,
    ),
    invoked('token seen before', world.env, { file: ours.authorizer ?? '', events: seen }, 1000),
    invoked('new token', world.env, { file: ours.authorizer ?? '', events: fresh }, 1000),
  ]
  const figures = await interleaved('authorizer', subjects, rounds)
  for (const { stop } of subjects) stop()
  return figures
}
