import { mailKeys, mailKeysOf } from '../auth/keys/mail-keys.ts'
import { seal, unseal } from '../auth/tokens/opaque-tokens.ts'
import { notFoundAs } from '../model/problems.ts'
import { undoSeconds } from './limits.ts'

/**
 * The tokens of the links in mails: a MAC over the purpose and what the link is about, so that none
 * is stored. Those that verify or reset name the version of the account that they were made for, and
 * die with any change of it; one that undoes names the change.
 */
export type LinkPurpose = 'verify' | 'reset' | 'undo'

/** How long a link is good, seconds. */
const linkLifetime: Readonly<Record<LinkPurpose, number>> = {
  verify: 24 * 60 * 60,
  reset: 60 * 60,
  undo: undoSeconds,
}

export interface Link {
  readonly userId: string
  /** The address that it verifies; for an undo, the id of the change; else empty. */
  readonly subject: string
  /** That of the account when the link was made; 0 for an undo. */
  readonly version: number
}

/** The token of a link that was asked for at `at`, seconds: the same whenever it is derived. */
export async function sealLink(purpose: LinkPurpose, link: Link, at: number): Promise<string> {
  const [key] = await mailKeys()
  if (!key) throw new Error('The secret of the mails holds no text')
  const { userId, subject, version } = link
  const expiry = expiryOf(purpose, at)
  const parts = [
    userId,
    Buffer.from(subject).toString('base64url'),
    String(version),
    String(expiry),
  ]
  return seal(purpose, parts, key)
}

/** Whether a link that was asked for at `at`, seconds, is good no longer. */
export function hasExpired(purpose: LinkPurpose, at: number): boolean {
  return isOver(expiryOf(purpose, at))
}

function expiryOf(purpose: LinkPurpose, at: number): number {
  return at + linkLifetime[purpose]
}

function isOver(expiry: number): boolean {
  return expiry * 1000 <= Date.now()
}

/** What a link says, if it was sealed here and has not expired; undefined for any other string. */
export async function openLink(purpose: LinkPurpose, token: string): Promise<Link | undefined> {
  const [userId, subject, version, expiry] =
    unseal(purpose, token, { mac: await mailKeysOf(token) })?.parts ?? []
  if (!userId || subject === undefined || !version || !expiry) return undefined
  if (isOver(Number(expiry))) return undefined
  return {
    userId,
    subject: Buffer.from(subject, 'base64url').toString(),
    version: Number(version),
  }
}

/**
 * Waits for what is done by a link.
 * @throws Problem invalid_link for a user who is gone
 */
export function byLink<Result>(work: Promise<Result>): Promise<Result> {
  return notFoundAs('invalid_link', work)
}
