import type { BudgetName } from '../functions/auth/throttle.ts'
import type { Algorithm } from '../functions/auth/tokens/tokens.ts'
import type { Budget } from '../functions/store/throttle.ts'

export interface Throttle {
  readonly rate: number
  readonly burst: number
}

/** Everything that differs between deployments. */
export interface Stage {
  /** As in the name of the stack; `local` is what `npm start` serves. */
  readonly name: string
  /** JWS algorithm of access tokens. */
  readonly algorithm: Algorithm
  /** Lifetime of an access token, seconds. */
  readonly tokenLifetime: number
  /**
   * How many seconds the gateway may cache the authorizer's answer; revocation is delayed by as
   * much.
   */
  readonly authorizerCache: number
  /** The fewest characters of a new password: 8, or more. */
  readonly passwordMinimum: number
  /** log2 of bcrypt's rounds. */
  readonly bcryptCost: number
  /** Origins that browsers may call from; none by default. */
  readonly allowedOrigins: readonly string[]
  /** Where clients reach the API, `https://api.example.org`, if not at its execute-api address. */
  readonly publicUrl: string
  /** ARN of the ACM certificate for that host, in the API's region: the stack then owns the domain. */
  readonly certificate: string
  /** AWS WAF before the API: from $9 a month, and $0.60 a million requests. */
  readonly firewall: boolean
  /** Requests a second, and at once, that the gateway lets through. */
  readonly throttle: Throttle
  /** The same for each route that computes the hash of a password. */
  readonly hashing: Throttle
  /**
   * How many instances of a function there may be, by its name. They are reserved, which leaves the
   * other functions fewer of the account's; a new account has too few to reserve any.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
   */
  readonly concurrency: Readonly<Record<string, number>>
  /**
   * How many failed logins, wrong codes, sign-ups, renames and forgotten passwords are let through.
   */
  readonly budgets: Readonly<Record<Exclude<BudgetName, 'address-logins'>, Budget>> & {
    /** Of all logins from an address, successful ones too; without it these are not counted. */
    readonly 'address-logins'?: Budget
  }
  /** Tables and logs stay when the stack goes, are protected from deletion, and can be restored. */
  readonly keepData: boolean
  /** A KMS key of the stack's own for credentials, sessions and signing keys: $1 a month. */
  readonly ownKey: boolean
  /**
   * One of so many successful requests writes its line, with the measures of the others; 1: each
   * does. Errors and security events are always written.
   */
  readonly requestsALine: number
  /** For how long logs are kept, days. */
  readonly logDays: number
  /** The keys are rotated every so many days. */
  readonly rotationDays: number
  /** Memory of the functions, MB: CPU comes with it, and bcrypt is nothing but CPU. */
  readonly memory: { readonly hashing: number; readonly other: number }
  /**
   * The sender of mails, `Portcullis <no-reply@example.org>`; SES must know its domain. Without one
   * the stack sends no mail: there are no addresses, no links and no resets.
   */
  readonly mailFrom: string
  /** The page that links in mails lead to; without one, this API's own, `/account`. */
  readonly appUrl: string
  /** Who is told of alarms; nobody by default. */
  readonly alarmEmail: string
}
