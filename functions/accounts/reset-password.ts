import { changeAccount } from './account-changes.ts'
import type { Ended } from './end-all.ts'
import { byLink } from './mail-links.ts'

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
  const resetting = changeAccount(userId, { hash }, { version, event: 'password_reset' })
  return (await byLink(resetting)).ended
}
