import { join } from 'node:path'
import { invokeLocally } from '../local/operator.ts'
import { type Stage, stackName } from '../stages.ts'
import { invokeOnAws } from './aws.ts'

/**
 * Invokes the operator's function: that of the `npm start` which runs here, or of a deployed stack.
 * @throws Failure when it is not reached, or fails
 */
export async function invokeOperator(stage: Stage, command: object): Promise<unknown> {
  return stage.name === 'local'
    ? invokeLocally(join(import.meta.dirname, '../../.local'), 'admin', command)
    : invokeOnAws(stackName(stage), command)
}
