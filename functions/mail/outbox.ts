import { randomUUIDv7 } from 'node:crypto'
import { optional, tableName, variables } from '../config/environment.ts'
import { type Step, transact } from '../store/dynamodb.ts'

/**
 * What is to be mailed. It is written in the transaction of the act that it tells of, so that there
 * is a mail for all that was committed and for nothing else. No token is in it: the mailer derives
 * them.
 */
export type Mail =
  /** A link that verifies an address. */
  | {
      readonly purpose: 'verify'
      readonly userId: string
      readonly to: string
      readonly version: number
    }
  /** Somebody asks for a new password, by what may be the address of a user. */
  | { readonly purpose: 'forgot'; readonly to: string }
  /** The same, asked for by an admin or after an undo. */
  | { readonly purpose: 'reset'; readonly userId: string; readonly to: string }
  /** Something has happened to the account: told to its verified address. */
  | {
      readonly purpose: 'notice'
      readonly userId: string
      readonly to: string
      readonly event: NoticeEvent
      /** The change that the notice's link undoes. */
      readonly changeId?: string
    }
  /** A mail of a product's own; nothing in its words is what a caller wrote. */
  | ({ readonly purpose: 'product'; readonly to: string } & Words)

/** What a mail says; the link stands on a line of its own. */
export interface Words {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly link?: string
}

export type NoticeEvent =
  | 'address_changed'
  | 'password_set'
  | 'password_reset'
  | 'factor_added'
  | 'factor_removed'
  | 'recovery_codes_made'
  | 'recovery_code_used'
  | 'key_made'
  | 'renamed'
  | 'deleted'

/** Whom a mail is counted by: the user who asked for it, or the network. */
export interface Caller {
  readonly userId?: string
  readonly network?: string
}

/** An item of the outbox, as the mailer gets it. */
export type OutboxItem = Mail & Caller & { readonly id: string; readonly at: number }

/** How long an item stays, seconds: longer than a stream keeps its records. */
const lifetime = 8 * 24 * 60 * 60

/** Whether this stage sends mail; without it there are neither addresses nor links. */
export function sendsMail(): boolean {
  return optional(variables.withoutMail) === undefined
}

/** The write that has a mail sent, at least once; nothing in a stage that sends none. */
export function outboxSteps(mail: Mail, caller: Caller = {}, id: string = randomUUIDv7()): Step[] {
  if (!sendsMail()) return []
  const at = Math.floor(Date.now() / 1000)
  const item = { ...mail, ...caller, id, at, expiresAt: at + lifetime }
  return [{ write: { Put: { TableName: tableName('outbox'), Item: item } } }]
}

/**
 * Has a mail of a product's own sent, in a stage that sends mail.
 * @param id the id of what it tells of: the same one again sends no second mail
 */
export async function mailTo(to: string, words: Words, id: string): Promise<void> {
  const steps = outboxSteps({ purpose: 'product', to, ...words }, {}, id)
  if (steps.length > 0) await transact(steps)
}
