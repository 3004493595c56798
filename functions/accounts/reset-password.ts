import { outboxSteps } from '../mail/outbox.ts'
import { Problem } from '../model/problems.ts'
import { changeAccount } from './account-changes.ts'
import { verifiedAddress } from './addresses.ts'
import type { Ended } from './end-all.ts'

/**
 * Sets a password by a link that was made for a version of the account, and ends all sessions and
 * keys; the second factor stays.
 * @throws Problem invalid_link when the account has changed since
 */
export async function resetPasswordOf(
  userId: string,
  hash: string,
  version: number,
): Promise<Ended> {
  try {
    const { ended } = await changeAccount(
      userId,
      { hash },
      {
        version,
        also: ({ after }) => {
          const to = verifiedAddress(after)
          return to ? outboxSteps({ purpose: 'notice', userId, to, event: 'password_reset' }) : []
        },
      },
    )
    return ended
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') throw new Problem('invalid_link')
    throw error
  }
}
