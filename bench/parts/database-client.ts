import type { Bundles } from '../bundles.ts'
import { type Figures, interleaved } from '../rounds.ts'
import { authorizerEvent, invoked, requestEvent, type World } from '../world.ts'

export interface DatabaseClients {
  /** Microseconds of CPU time that one read of one item takes. */
  readonly call: Figures
  /** The same of a whole authenticated GET, which has two. */
  readonly whole: Figures
}

/** The ways to call DynamoDB beside each other, with a database in another process. */
export async function databaseClients(
  { ours, light, peers, calls }: Bundles,
  world: World,
  rounds: number,
): Promise<DatabaseClients> {
  const token = await world.token()
  const events = [requestEvent('read', token)]
  const call = await measured('one call', rounds, [
    invoked('an unsigned request: the floor', world.env, { file: calls.floor ?? '', events }, 1000),
    invoked('a signed one, kept alive', world.env, { file: light.call ?? '', events }, 1000),
    invoked('portcullis: the SDK, tuned', world.env, { file: calls.call ?? '', events }, 1000),
    invoked('aws-lite', world.env, { file: calls['aws-lite'] ?? '', events }, 1000),
    invoked("the SDK's document client", world.env, { file: calls.sdk ?? '', events }, 1000),
  ])
  const whole = (name: string, { authorizer = '', students = '' }: Bundles['ours']) =>
    invoked(
      name,
      world.env,
      {
        authorizer: { file: authorizer, events: [authorizerEvent(token)] },
        file: students,
        events,
      },
      1000,
    )
  const checking = { ...world.peerEnv, CHECK_SESSION: 'true' }
  return {
    call,
    whole: await measured('whole request by client', rounds, [
      whole('a signed one, kept alive', light),
      whole('portcullis: the SDK, tuned', ours),
      invoked('fastify + session', checking, { file: peers.fastify ?? '', events }, 1000),
    ]),
  }
}

async function measured(
  title: string,
  rounds: number,
  subjects: ReturnType<typeof invoked>[],
): Promise<Figures> {
  const figures = await interleaved(title, subjects, rounds)
  for (const { stop } of subjects) stop()
  return figures
}
