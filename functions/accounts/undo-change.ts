import { voidHash } from '../auth/passwords/passwords.ts'
import { outboxSteps } from '../mail/outbox.ts'
import { Problem } from '../model/problems.ts'
import { changeAccount } from './account-changes.ts'
import type { Account } from './accounts.ts'
import { verifiedAddress } from './addresses.ts'
import type { Ended } from './end-all.ts'
import { readFactors, removeSome } from './factor-rows.ts'
import { byLink, type Link } from './mail-links.ts'
import { undone } from './undos.ts'

/**
 * Undoes a change: the address and the factors are as before, sessions and keys end, and the password
 * admits nobody until it is reset, for which a mail goes to the verified address. Of several changes
 * of the address the oldest undo wins: it voids those of the later ones.
 * @throws Problem invalid_link for one that was used, or that an older undo has voided
 */
export async function undoChange({ userId, subject: id }: Link): Promise<Ended> {
  const hash = await voidHash()
  const undoing = (isFree: boolean) =>
    changeAccount(
      userId,
      { hash },
      {
        event: 'none',
        complete: (account) => asBefore(account, id, isFree),
        also: ({ after }) => {
          const to = verifiedAddress(after)
          return to === undefined ? [] : outboxSteps({ purpose: 'reset', userId, to })
        },
      },
    )
  try {
    return (await byLink(undoing(true))).ended
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'email_taken')) throw error
    // Another account has the address by now. Whoever changed it is thrown out all the same.
    return (await byLink(undoing(false))).ended
  }
}

async function asBefore({ user, credentials }: Account, id: string, isFree: boolean) {
  const back = undone(credentials.undos, id)
  if (!back) throw new Problem('invalid_link')
  const { undos, address } = back
  const removed = removeSome(user.id, await readFactors(user.id), back, 'stale' as const)
  return {
    undos,
    ...(address !== undefined && { email: address, emailVerified: isFree }),
    ...(removed.noneLeft && { factor: undefined }),
    factorSteps: removed.steps,
  }
}
