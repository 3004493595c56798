import { outboxSteps } from '../mail/outbox.ts'
import { changeAccount } from './account-changes.ts'
import { verifiedAddress } from './addresses.ts'
import { byLink, type Link } from './mail-links.ts'
import { notice } from './notices.ts'
import { noteUndo, openUndos } from './undos.ts'

/**
 * Asks for another address: a link goes to it, and a notice, whose link undoes this, to the address
 * that is verified so far. Only the version changes yet, which voids the links that were sent
 * before.
 */
export async function changeEmailAddress(
  userId: string,
  address: string,
  network: string,
): Promise<void> {
  let changeId: string | undefined
  await changeAccount(
    userId,
    {},
    {
      touched: true,
      complete: ({ credentials }) => {
        const former = verifiedAddress(credentials)
        if (former === undefined) return { undos: openUndos(credentials.undos) }
        const noted = noteUndo(credentials.undos, { address: former })
        changeId = noted.id
        return { undos: noted.undos }
      },
      also: ({ before, after }) => [
        ...outboxSteps(
          { purpose: 'verify', userId, to: address, version: after.version ?? 0 },
          { network },
        ),
        ...notice(userId, before, 'address_changed', changeId),
      ],
    },
  )
}

/**
 * Makes an address the account's verified one.
 * @throws Problem invalid_link when the account has changed since, email_taken when somebody else
 *   verified it first
 */
export async function verifyEmailAddress({ userId, subject, version }: Link): Promise<void> {
  const verified = { email: subject, emailVerified: true }
  // The link is used up, even if the address was verified before.
  await byLink(changeAccount(userId, verified, { version, touched: true }))
}
