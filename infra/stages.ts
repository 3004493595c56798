import type { BudgetName } from '../functions/auth/throttle.ts'
import type { Algorithm } from '../functions/auth/tokens/tokens.ts'
import type { Budget } from '../functions/store/throttle.ts'
import { stageFaults } from './stage-faults.ts'

/** Everything that differs between deployments. */
export interface Stage {
  readonly name: 'local' | 'dev' | 'prod'
  /** JWS algorithm of access tokens. */
  readonly algorithm: Algorithm
  /** Lifetime of an access token, seconds. */
  readonly tokenLifetime: number
  /** For how long the gateway may remember the authorizer's answer, seconds: any is a delay of revocation. */
  readonly authorizerCache: number
  /** log2 of bcrypt's rounds. */
  readonly bcryptCost: number
  /** Origins that browsers may call from; none by default. */
  readonly allowedOrigins: readonly string[]
  /** Where clients reach the API, `https://api.example.org`, if not at its execute-api address. */
  readonly publicUrl: string
  /** ARN of the ACM certificate for that host, in the API's region: the stack then owns the domain. */
  readonly certificate: string
  /** AWS WAF before the API: from $8 a month, and $0.60 a million requests. */
  readonly firewall: boolean
  /** Requests a second, and at once, that the gateway lets through. */
  readonly throttle: { readonly rate: number; readonly burst: number }
  /** Failed logins, and signups, that are let through. */
  readonly budgets: Readonly<Record<BudgetName, Budget>>
  /** Tables and logs stay when the stack goes, are protected from deletion, and can be restored. */
  readonly keepData: boolean
  /** A KMS key of the stack's own for credentials, sessions and signing keys: $1 a month. */
  readonly ownKey: boolean
  /** For how long logs are kept, days. */
  readonly logDays: number
  /** The keys are rotated every so many days. */
  readonly rotationDays: number
  /** Memory of the functions, MB: CPU comes with it, and bcrypt is nothing but CPU. */
  readonly memory: { readonly hashing: number; readonly other: number }
  /** Who is told of alarms; nobody by default. */
  readonly alarmEmail: string
}

const dev: Stage = {
  name: 'dev',
  algorithm: 'ES256',
  tokenLifetime: 15 * 60,
  authorizerCache: 0,
  bcryptCost: 10,
  allowedOrigins: [],
  publicUrl: '',
  certificate: '',
  firewall: false,
  throttle: { rate: 100, burst: 200 },
  budgets: {
    'account-and-address': { count: 10, seconds: 15 * 60 },
    account: { count: 100, seconds: 15 * 60 },
    address: { count: 1000, seconds: 15 * 60 },
    device: { count: 10, seconds: 15 * 60 },
    signup: { count: 1000, seconds: 60 * 60 },
  },
  keepData: false,
  ownKey: false,
  logDays: 7,
  rotationDays: 30,
  // 1,769 MB are one whole processor.
  memory: { hashing: 1769, other: 512 },
  alarmEmail: '',
}

export const stages: Readonly<Record<Stage['name'], Stage>> = {
  /** What `npm start` serves; never deployed. */
  local: {
    ...dev,
    name: 'local',
    // Where the development servers of Vite and of most frameworks serve a page.
    allowedOrigins: ['http://localhost:5173', 'http://localhost:3000'],
    throttle: { rate: 10_000, burst: 5_000 },
  },
  dev,
  prod: {
    ...dev,
    name: 'prod',
    bcryptCost: 12,
    throttle: { rate: 2_000, burst: 1_000 },
    keepData: true,
    ownKey: true,
    logDays: 90,
  },
}

/** The name of a stage's stack. */
export function stackName({ name }: Stage): string {
  return `Portcullis-${name}`
}

/** How log lines and metrics call a stage. */
export function serviceName({ name }: Stage): string {
  return `portcullis-${name}`
}

/** @throws Error naming the stages, for a name that is none, and naming every fault of a stage */
export function stageOf(name: string): Stage {
  const stage = Object.values(stages).find((known) => known.name === name)
  if (!stage) throw new Error(`No stage ${name}: there are ${Object.keys(stages).join(', ')}`)
  const faults = stageFaults(stage)
  if (faults.length > 0) throw new Error(`The stage ${name}: ${faults.join('; ')}`)
  return stage
}
