import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../../infra/bundle.ts'
import type { Bundles } from '../bundles.ts'
import { type Figures, figure, interleaved, type Subject } from '../rounds.ts'
import { authorizerEvent, requestEvent, type World } from '../world.ts'

export interface ColdStart {
  /** Milliseconds from the start of the process until the handler is ready. */
  readonly ready: Figures
  /** The same until the first answer, with a database that answers at once. */
  readonly answered: Figures
}

/** How soon a function is ready and has answered, in a new process each time. */
export async function coldStart(
  { ours, peers, peersLean, inMemory }: Bundles,
  world: World,
  rounds: number,
): Promise<ColdStart> {
  const answered = new Map<string, number[]>()
  const starting = (name: string, file = '', env = world.env, event?: string): Subject => ({
    name,
    measure: async () => {
      const args = [join(root, 'bench', 'cold-start.mjs'), file, ...(event ? [event] : [])]
      const { stderr } = await promisify(execFile)(process.execPath, args, { env })
      const times = JSON.parse(stderr) as { ready: number; answered: number }
      if (event) answered.set(name, [...(answered.get(name) ?? []), times.answered])
      return times.ready
    },
  })
  const token = await world.token()
  const read = requestEvent('read', token)
  const peer = (files: Bundles['peers'], suffix: string) =>
    Object.entries(files).map(([name, file]) =>
      starting(`${name}${suffix}`, file, world.peerEnv, read),
    )
  const events: Record<string, string> = { authorizer: authorizerEvent(token), pupils: read }
  const ready = await interleaved(
    'cold start',
    [
      starting('empty handler', inMemory.empty, world.env, read),
      ...Object.entries(ours).map(([name, file]) => starting(name, file, world.env, events[name])),
      ...peer(peers, ''),
      ...peer(peersLean, ', bundled as ours'),
    ],
    rounds,
  )
  return {
    ready,
    answered: Object.fromEntries([...answered].map(([name, times]) => [name, figure(times)])),
  }
}
