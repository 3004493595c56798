import { Failure } from '../failure.ts'
import { longestInvocation } from '../functions.ts'

/** What CloudFormation tells of a stack. */
export interface StackState {
  /** Such as `UPDATE_COMPLETE`. */
  readonly status: string
  /** When it did something last, ISO 8601. */
  readonly lastEventAt: string
}

/**
 * How long to wait until no instance of the version before can still write an item in its own form:
 * after the longest invocation none of them is left.
 * @returns milliseconds, 0 where nothing has been deployed for that long
 * @throws Failure while something is being deployed
 */
export function untilSettled({ status, lastEventAt }: StackState, now: number): number {
  if (/_IN_PROGRESS$/.test(status) && !/_COMPLETE_CLEANUP_IN_PROGRESS$/.test(status))
    throw new Failure(`the stack is ${status}: re-index it when the deployment has ended`)
  const since = now - Date.parse(lastEventAt)
  if (Number.isNaN(since)) throw new Failure('cannot tell when the stack was last deployed')
  return Math.max(0, longestInvocation * 1000 - since)
}
