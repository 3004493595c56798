import { optional, variables } from '../config/environment.ts'
import { type Admitted, admitMail } from '../mail/budgets.ts'
import type { NoticeEvent, OutboxItem, Words } from '../mail/outbox.ts'
import { words } from '../mail/words.ts'
import { credentialsByAddress, normalizedAddress } from './addresses.ts'
import { hasExpired, type LinkPurpose, sealLink } from './mail-links.ts'

/** A mail as it is sent. */
export interface Message {
  readonly to: string
  readonly words: Words
  /** Its budgets, where it has any. */
  readonly admitted?: Admitted
}

/** The links that mails are sent for: without a link that is good, they are of no use. */
const links: Readonly<Partial<Record<OutboxItem['purpose'], LinkPurpose>>> = {
  verify: 'verify',
  forgot: 'reset',
  reset: 'reset',
}

/**
 * What is sent for an item of the outbox: its token is derived here, and the page that it leads to is
 * the stage's own setting. Undefined where nothing is sent: nobody has the address, a budget is used
 * up, or the link has expired while no mail could be sent.
 */
export async function messageOf(item: OutboxItem): Promise<Message | undefined> {
  const needed = links[item.purpose]
  // Uncounted: it would use up the budget of one whose link is good.
  if (needed && hasExpired(needed, item.at)) return undefined
  switch (item.purpose) {
    case 'verify':
      return counted('unverified', item, normalizedAddress(item.to), async () => {
        const owner = await credentialsByAddress(item.to)
        if (owner && owner.userId !== item.userId) return { to: item.to, words: words.taken() }
        const link = { userId: item.userId, subject: item.to, version: item.version }
        return { to: item.to, words: words.verify(await url('verify', link, item.at, item.to)) }
      })
    case 'forgot': {
      const owner = await credentialsByAddress(item.to)
      if (!owner?.email || owner.disabled) return undefined
      const { email } = owner
      return counted('reset', item, owner.userId, () => resetOf({ ...owner, email }, item.at))
    }
    case 'reset': {
      const owner = await credentialsByAddress(item.to)
      if (owner?.userId !== item.userId || !owner.email) return undefined
      const { email } = owner
      // Not counted with those that anybody may ask for.
      const counter = `${item.userId} reset`
      return counted('notice', item, counter, () => resetOf({ ...owner, email }, item.at))
    }
    case 'notice':
      return counted('notice', item, `${item.userId} ${item.event}`, async () => {
        const link = item.changeId && { userId: item.userId, subject: item.changeId, version: 0 }
        const undo = link ? await url('undo', link, item.at, item.to, item.event) : undefined
        return { to: item.to, words: words.notice(item.event, undo) }
      })
    case 'product':
      return counted('unverified', item, normalizedAddress(item.to), async () => ({
        to: item.to,
        words: item,
      }))
  }
}

/** A mail that its budgets admit; one that cannot be made is given back to them. */
async function counted(
  kind: Parameters<typeof admitMail>[0],
  item: OutboxItem,
  to: string,
  make: () => Promise<Message>,
): Promise<Message | undefined> {
  const admitted = await admitMail(kind, item, to)
  if (!admitted) return undefined
  try {
    return { ...(await make()), admitted }
  } catch (error) {
    await admitted.takeBack()
    throw error
  }
}

interface Owner {
  readonly userId: string
  readonly username: string
  readonly email: string
  readonly version?: number
}

async function resetOf({ userId, email, version = 0 }: Owner, at: number): Promise<Message> {
  const link = { userId, subject: '', version }
  return { to: email, words: words.reset(await url('reset', link, at, email)) }
}

/**
 * The token is in the fragment, which is sent to no server and kept in no log. `account` and `of`
 * are only shown.
 */
async function url(
  action: LinkPurpose,
  link: Parameters<typeof sealLink>[1],
  at: number,
  account: string,
  of?: NoticeEvent,
): Promise<string> {
  const token = await sealLink(action, link, at)
  const page = optional(variables.appUrl) ?? `${optional(variables.publicUrl) ?? ''}/account`
  return `${page}#${new URLSearchParams({ action, token, account, ...(of && { of }) })}`
}
