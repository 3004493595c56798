import { type Bundles, peers } from '../bundles.ts'
import { type Figures, interleaved } from '../rounds.ts'
import { authorizerEvent, invoked, requestEvent, type World } from '../world.ts'

/**
 * Microseconds of CPU time of an authenticated GET, from the event to the answer, with a database
 * in another process. A peer either only checks the token, or reads the session too, which is what
 * refuses a revoked token at once.
 */
export async function wholeRequest(
  { ours, peers: bundled, parts }: Bundles,
  world: World,
  rounds: number,
): Promise<Figures> {
  const token = await world.token()
  const events = [requestEvent('read', token)]
  const checking = { ...world.peerEnv, CHECK_SESSION: 'true' }
  const count = 1000
  const authorizer = { file: parts.authorizer ?? '', events: [authorizerEvent(token)] }
  const subjects = [
    invoked('portcullis', world.env, { authorizer, file: ours.pupils ?? '', events }, count),
    invoked(
      'portcullis, without the session',
      world.env,
      { file: ours.pupils ?? '', events },
      count,
    ),
    invoked(
      'session read',
      world.env,
      { file: parts['session-read'] ?? '', events: [JSON.stringify(world.session)] },
      count,
    ),
    ...['bare', ...peers].map((name) =>
      invoked(name, world.peerEnv, { file: bundled[name] ?? '', events }, count),
    ),
    ...peers.map((name) =>
      invoked(`${name} + session`, checking, { file: bundled[name] ?? '', events }, count),
    ),
  ]
  const figures = await interleaved('whole request', subjects, rounds)
  for (const { stop } of subjects) stop()
  return figures
}
