import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { invokeLocally } from '../local/operator.ts'
import { type Stage, stackName } from '../stages.ts'
import { invokeOnAws, stackState } from './aws.ts'
import { untilSettled } from './settled.ts'

/**
 * Invokes the operator's function: that of the `npm start` which runs here, or of a deployed stack.
 * @param options of the AWS CLI
 * @throws Failure when it is not reached, or fails
 */
export async function invokeOperator(
  stage: Stage,
  command: object,
  options?: readonly string[],
): Promise<unknown> {
  return stage.name === 'local'
    ? invokeLocally(join(import.meta.dirname, '../../.local'), 'admin', command)
    : invokeOnAws(stackName(stage), command, options)
}

/** Waits until no instance of the version before can still write; an `npm start` here has none. */
export async function waitUntilSettled(stage: Stage, say: (text: string) => void): Promise<void> {
  if (stage.name === 'local') return
  const wait = untilSettled(stackState(stackName(stage)), Date.now())
  if (wait === 0) return
  say(
    `Waiting ${Math.ceil(wait / 1000)} s: functions from before the deployment may still be running`,
  )
  await delay(wait)
}
