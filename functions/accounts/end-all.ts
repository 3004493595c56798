import { retryOnConflict, type Step, transact } from '../store/dynamodb.ts'
import { endAllApiKeys } from './api-keys.ts'
import { voidChallenges } from './factor-rows.ts'
import { endExcessSessions, endSessionStep } from './sessions.ts'

/** How many sessions and API keys have been ended. */
export interface Ended {
  readonly sessions: number
  readonly apiKeys: number
}

/**
 * What ends all sessions, challenges and API keys of a user, as a part of a transaction.
 * @param stale the failure when a key was made meanwhile
 * @param spared a session that is not ended
 */
export async function endAllSteps<Failure extends string>(
  userId: string,
  stale: Failure,
  spared?: string,
): Promise<{ steps: readonly Step<Failure>[]; ended: Ended }> {
  const { steps, ended } = await endTokensSteps(userId, stale, spared)
  return { steps: [...(await voidChallenges(userId, stale)), ...steps], ended }
}

/**
 * The same without the challenges, for changes of the factors themselves, which void them anyway.
 * @param stale the failure when a key was made meanwhile
 * @param spared a session that is not ended
 */
export async function endTokensSteps<Failure extends string>(
  userId: string,
  stale: Failure,
  spared?: string,
): Promise<{ steps: readonly Step<Failure>[]; ended: Ended }> {
  const sessions = await endExcessSessions(userId)
  const ending = sessions.filter((sessionId) => sessionId !== spared)
  const apiKeys = await endAllApiKeys(userId, stale)
  return {
    steps: [...apiKeys.steps, ...ending.map((sessionId) => endSessionStep(userId, sessionId))],
    ended: { sessions: ending.length, apiKeys: apiKeys.count },
  }
}

/** Ends all sessions of a user at once, but for one that is spared, and all API keys. */
export async function endAll(userId: string, spared?: string): Promise<Ended> {
  return retryOnConflict(async () => {
    const { steps, ended } = await endAllSteps(userId, 'stale', spared)
    return (await transact(steps)) ? undefined : ended
  })
}

/** The security events for what has ended. */
export function endedEvents({ sessions, apiKeys }: Ended) {
  const counted = [
    ['sessions_ended', sessions],
    ['api_keys_ended', apiKeys],
  ] as const
  return counted.filter(([, count]) => count > 0)
}
