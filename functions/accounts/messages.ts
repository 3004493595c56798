import { optional, variables } from '../config/environment.ts'
import { type Admitted, admitMail } from '../mail/budgets.ts'
import type { NoticeEvent, OutboxItem, Words } from '../mail/outbox.ts'
import { words } from '../mail/words.ts'
import { credentialsByAddress, normalizedAddress } from './addresses.ts'
import { type LinkPurpose, sealLink } from './mail-links.ts'

/** A mail as it is sent. */
export interface Message {
  readonly to: string
  readonly words: Words
  /** Its budgets, where it has any. */
  readonly admitted?: Admitted
}

/**
 * What is sent for an item of the outbox: its token is derived here, and the page that it leads to is
 * the stage's own setting. Undefined where nothing is sent: nobody has the address, or a budget is
 * used up.
 */
export async function messageOf(item: OutboxItem): Promise<Message | undefined> {
  switch (item.purpose) {
    case 'verify': {
      const admitted = await admitMail('unverified', item, normalizedAddress(item.to))
      if (!admitted) return undefined
      const mail = { to: item.to, admitted }
      const owner = await credentialsByAddress(item.to)
      if (owner && owner.userId !== item.userId) return { ...mail, words: words.taken() }
      const link = { userId: item.userId, subject: item.to, version: item.version }
      return { ...mail, words: words.verify(await url('verify', link, item.at, item.to)) }
    }
    case 'forgot': {
      const owner = await credentialsByAddress(item.to)
      if (!owner?.email || owner.disabled) return undefined
      const admitted = await admitMail('reset', item, owner.userId)
      if (!admitted) return undefined
      return { ...(await resetOf({ ...owner, email: owner.email }, item.at)), admitted }
    }
    case 'reset': {
      const owner = await credentialsByAddress(item.to)
      if (owner?.userId !== item.userId || !owner.email) return undefined
      return resetOf({ ...owner, email: owner.email }, item.at)
    }
    case 'notice': {
      const admitted = await admitMail('notice', item, `${item.userId} ${item.event}`)
      if (!admitted) return undefined
      const link = item.changeId && { userId: item.userId, subject: item.changeId, version: 0 }
      const undo = link ? await url('undo', link, item.at, item.to, item.event) : undefined
      return { to: item.to, words: words.notice(item.event, undo), admitted }
    }
    case 'product': {
      const admitted = await admitMail('unverified', item, normalizedAddress(item.to))
      return admitted && { to: item.to, words: item, admitted }
    }
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
