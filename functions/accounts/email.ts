import { randomUUIDv7 } from 'node:crypto'
import { voidHash } from '../auth/passwords/passwords.ts'
import { outboxSteps } from '../mail/outbox.ts'
import { Problem } from '../model/problems.ts'
import { changeAccount } from './account-changes.ts'
import { verifiedAddress } from './addresses.ts'
import type { AddressUndo } from './credentials.ts'
import type { Ended } from './end-all.ts'
import { byLink, type Link, linkLifetime } from './mail-links.ts'

/** So many changes can be undone; the oldest are kept, as the oldest wins. */
const maxUndos = 10

/**
 * Asks for another address: a link goes there, and a notice that undoes it to the verified address of
 * before. Nothing changes yet but the version, so that links that were sent before are void.
 */
export async function changeEmailAddress(
  userId: string,
  address: string,
  network: string,
): Promise<void> {
  const change: AddressUndo = {
    id: randomUUIDv7(),
    expiresAt: Math.floor(Date.now() / 1000) + linkLifetime.undo,
  }
  await changeAccount(
    userId,
    {},
    {
      touched: true,
      complete: ({ credentials }) => {
        const before = verifiedAddress(credentials)
        const open = openUndos(credentials.undos)
        const noted = before !== undefined && open.length < maxUndos
        return noted ? { undos: [...open, { ...change, address: before }] } : { undos: open }
      },
      also: ({ before, after }) => {
        const verified = verifiedAddress(before)
        return [
          ...outboxSteps(
            { purpose: 'verify', userId, to: address, version: after.version ?? 0 },
            { network },
          ),
          ...(verified === undefined
            ? []
            : outboxSteps({
                purpose: 'notice',
                userId,
                to: verified,
                event: 'address_changed',
                changeId: change.id,
              })),
        ]
      },
    },
  )
}

/**
 * Makes an address the account's verified one.
 * @throws Problem invalid_link when the account has changed since, email_taken when somebody else
 *   verified it first
 */
export async function verifyEmailAddress({ userId, subject, version }: Link): Promise<void> {
  await byLink(changeAccount(userId, { email: subject, emailVerified: true }, { version }))
}

/**
 * Undoes a change: the address of before is back, sessions and keys end, and the password admits
 * nobody until it is reset, for which a mail goes there. Of several changes the oldest undo wins: it
 * voids those of the later ones.
 * @throws Problem invalid_link for one that was used, or that an older undo has voided
 */
export async function undoChange({ userId, subject: id }: Link): Promise<Ended> {
  const undoing = changeAccount(
    userId,
    { hash: await voidHash() },
    {
      complete: ({ credentials }) => {
        const open = openUndos(credentials.undos)
        const at = open.findIndex((undo) => undo.id === id)
        const undone = open[at]
        if (!undone) throw new Problem('invalid_link')
        const undos = open.slice(0, at)
        return undone.address === undefined
          ? { undos }
          : { undos, email: undone.address, emailVerified: true }
      },
      also: ({ after }) => {
        const to = verifiedAddress(after)
        return to === undefined ? [] : outboxSteps({ purpose: 'reset', userId, to })
      },
    },
  )
  return (await byLink(undoing)).ended
}

function openUndos(undos: readonly AddressUndo[] = []): readonly AddressUndo[] {
  return undos.filter(({ expiresAt }) => expiresAt * 1000 > Date.now())
}
