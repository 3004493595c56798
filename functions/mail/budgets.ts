import { hash } from 'node:crypto'
import { consume, forget, type Window } from '../store/throttle.ts'
import type { Caller } from './outbox.ts'

const hour = 60 * 60

/**
 * How many mails are sent. An address that nobody has confirmed gets few, so that nobody is flooded
 * by what others type; resets and notices are counted by their account alone, so that nobody else
 * uses them up.
 */
const budgets = {
  unverified: [
    { name: 'mail-address-hour', count: 3, seconds: hour },
    { name: 'mail-address-day', count: 10, seconds: 24 * hour },
  ],
  reset: [{ name: 'mail-reset', count: 3, seconds: hour }],
  // Each kind of notice of an account is counted by itself, those that can undo too: otherwise
  // whoever has got in could use up the notices of one thing by many of another.
  notice: [{ name: 'mail-notice', count: 20, seconds: hour }],
} as const

const ofCaller = { name: 'mail-caller', count: 20, seconds: 24 * hour }
const ofNetwork = { name: 'mail-network', count: 50, seconds: hour }

/** A mail that may be sent. */
export interface Admitted {
  /** Gives the mail back to its budgets: it could not be sent, and will be counted again. */
  readonly takeBack: () => Promise<void>
}

/** Counts a mail. @returns undefined when one of its budgets is used up: it is not sent */
export async function admitMail(
  kind: keyof typeof budgets,
  { id, userId, network }: Caller & { readonly id: string },
  to: string,
): Promise<Admitted | undefined> {
  const counters = [
    ...budgets[kind].map((budget) => ({ budget, of: to })),
    ...(kind === 'unverified' && userId ? [{ budget: ofCaller, of: userId }] : []),
    ...(kind === 'unverified' && network ? [{ budget: ofNetwork, of: network }] : []),
  ]
  const windows: Window[] = []
  const takeBack = async () => {
    await Promise.all(windows.map((window) => forget(window, id)))
  }
  for (const { budget, of } of counters) {
    const digest = hash('sha256', of, 'base64url')
    const window = await consume(`${budget.name}#${digest}`, budget, { id })
    if (!window.taken) {
      // What is not sent counts nowhere: it would use up the budget of somebody's address.
      await takeBack()
      return undefined
    }
    windows.push(window)
  }
  return { takeBack }
}
