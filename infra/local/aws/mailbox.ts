import type { Clock } from '../clock.ts'
import { readJson, writePrivate } from '../files.ts'
import type { Mail } from './mail.ts'

export interface Mailbox {
  /** Newest first. */
  all(): readonly Mail[]
  add(mail: Omit<Mail, 'sentAt'>): void
}

const capacity = 500

/** Keeps the last mails, in a `file` where there is one. */
export function openMailbox(clock: Clock, file?: string): Mailbox {
  let mails = readJson<readonly Mail[]>(file) ?? []
  return {
    all: () => mails,
    add(mail) {
      const sentAt = new Date(clock.now()).toISOString()
      mails = [{ ...mail, sentAt }, ...mails].slice(0, capacity)
      writePrivate(file, JSON.stringify(mails, null, 2))
    },
  }
}
