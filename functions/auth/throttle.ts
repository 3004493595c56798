import { hash } from 'node:crypto'
import { optional, required, variables } from '../config/environment.ts'
import { Problem } from '../model/problems.ts'
import {
  type Budget,
  clearPart,
  consume,
  refund,
  reset,
  resetPart,
  type Window,
} from '../store/throttle.ts'

/** What tries are counted by. The names stand in the RateLimit headers. */
export type BudgetName =
  | 'account-and-address'
  | 'account'
  | 'address'
  | 'address-logins'
  | 'device'
  | 'devices'
  | 'forgot'
  | 'factor'
  | 'factor-day'
  | 'factor-device'
  | 'factor-devices'
  | 'factor-devices-day'
  | 'recovery'
  | 'rename'
  | 'signup'

/** One counter: a budget of somebody or something. */
export interface Counter {
  readonly budget: BudgetName
  readonly of: readonly string[]
  /** Successes count too. */
  readonly kept?: true
  /** Stored inside the next, wider counter if their windows are as long: one write updates both. */
  readonly part?: true
}

/** A try that was let through, and counts as a failure until it is known to have succeeded. */
export interface Attempt {
  /** Clears the narrowest counter and gives the others their try back. */
  readonly succeeded: () => Promise<void>
  /** Gives all counters their try back: it was no failure, and not yet a success. */
  readonly half: () => Promise<void>
}

/**
 * The counters of a try of a password: who tries it, and from where. Names that no account has are
 * counted like all others. A device that has signed in before has a budget of its own, which nobody
 * else can use up.
 * @param who the normalized username, or what is counted in its place where there is none
 */
export function loginCounters(
  who: readonly string[],
  address: string,
  device: readonly string[] | undefined,
): readonly Counter[] {
  if (device)
    return [
      { budget: 'device', of: device, part: true },
      // Logins make devices, any number of them: all those of an account share this budget.
      { budget: 'devices', of: device.slice(0, 1) },
      ...addressLogins(networkOf(address)),
    ]
  const place = networkOf(address)
  return [
    { budget: 'account-and-address', of: [...who, place], part: true },
    { budget: 'account', of: who },
    { budget: 'address', of: [place] },
    ...addressLogins(place),
  ]
}

/**
 * The counters of a try of a second factor's code: the account has a budget, and each device that
 * has signed in before has one of its own. Recovery codes are counted separately.
 */
export function factorCounters(
  userId: string,
  device: string | undefined,
  recovery: boolean,
): readonly Counter[] {
  if (recovery) return [{ budget: 'recovery', of: [userId] }]
  if (device === undefined)
    return [
      { budget: 'factor', of: [userId] },
      { budget: 'factor-day', of: [userId] },
    ]
  return [
    { budget: 'factor-device', of: [userId, device], part: true },
    { budget: 'factor-devices', of: [userId] },
    { budget: 'factor-devices-day', of: [userId, 'logins'] },
  ]
}

/**
 * The counters of a signed-in user who proves a factor: the session's own budgets, one of them for a
 * day, since whoever has stolen a session has 90 days to guess in.
 */
export function sessionFactorCounters(userId: string, sessionId: string): readonly Counter[] {
  return [
    { budget: 'factor-device', of: [userId, sessionId] },
    { budget: 'factor-devices-day', of: [userId, sessionId] },
  ]
}

/** Forgets the failures of the narrowest counter, for a success that came in two halves. */
export async function forgiveFailures(counters: readonly Counter[]): Promise<void> {
  const [narrowest] = countedTogether(counters)
  if (!narrowest) return
  const { whole, part } = narrowest
  await (part ? resetPart(whole.key, part.name) : reset(whole))
}

/** The budget of an address for logins that succeed, where the stage sets one. */
function addressLogins(place: string): Counter[] {
  const bounded = optional(variables.budget('address-logins')) !== undefined
  return bounded ? [{ budget: 'address-logins', of: [place], kept: true }] : []
}

export function signupCounters(address: string): readonly Counter[] {
  return [{ budget: 'signup', of: [networkOf(address)] }]
}

/**
 * Counts a try before its password is looked at. The counters go from the narrowest to the widest,
 * so that a flood at one of them does not touch the wider ones.
 * @param refused called before the refusal is thrown
 * @throws Problem 429 with Retry-After and the RateLimit headers, draft-ietf-httpapi-ratelimit-headers
 */
export async function limitAttempt(
  counters: readonly Counter[],
  refused: (budget: BudgetName) => void,
): Promise<Attempt> {
  const windows: Window[] = []
  for (const { whole, part } of countedTogether(counters)) {
    const { limit, key, kept } = whole
    const more = part && { part: { name: part.name, count: part.limit.count } }
    const window = await consume(key, limit, more)
    if (!window.taken) {
      await Promise.all(windows.map(refund))
      const full = part && window.partFull ? part : whole
      refused(full.budget)
      throw tooMany(full, window)
    }
    if (!kept) windows.push(window)
  }
  const [narrowest, ...wider] = windows
  return {
    async succeeded() {
      const clear = narrowest?.part ? clearPart : reset
      await Promise.all([narrowest && clear(narrowest), ...wider.map(refund)])
    },
    async half() {
      await Promise.all(windows.map(refund))
    },
  }
}

type Limited = ReturnType<typeof limited>

function limited({ budget, of, kept, part }: Counter) {
  const digest = hash('sha256', JSON.stringify(of), 'base64url')
  return {
    budget,
    kept,
    part,
    limit: budgetOf(budget),
    // Hashed: what was typed into the name field may be anything, even a password.
    key: `${budget}#${digest}`,
    // Many may be in one item, so 66 bits have to do: two of one account with the same name share
    // tries.
    name: digest.slice(0, 11),
  }
}

/** What one write counts: a counter, with the narrower one whose tries it counts too. */
function countedTogether(counters: readonly Counter[]): { whole: Limited; part?: Limited }[] {
  const all = counters.map(limited)
  // A stage may give them windows of different lengths: then each has an item of its own.
  const isPart = (one: Limited | undefined, next: Limited | undefined) =>
    one?.part && one.limit.seconds === next?.limit.seconds
  return all.flatMap((whole, index) => {
    if (isPart(whole, all[index + 1])) return []
    const before = all[index - 1]
    return before && isPart(before, whole) ? [{ whole, part: before }] : [{ whole }]
  })
}

function tooMany({ budget, limit: { count, seconds } }: Limited, { endsAt }: Window): Problem {
  const wait = Math.max(1, Math.ceil(endsAt - Date.now() / 1000))
  return new Problem('too_many_requests', `Try again in ${wait} seconds.`, {
    headers: {
      'Retry-After': String(wait),
      'RateLimit-Policy': `"${budget}";q=${count};w=${seconds}`,
      RateLimit: `"${budget}";r=0;t=${wait}`,
    },
  })
}

/** @throws Error when the stack did not set the budget as `tries/seconds` */
function budgetOf(name: BudgetName): Budget {
  const variable = variables.budget(name)
  const [, count, seconds] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(required(variable)) ?? []
  if (!count || !seconds) throw new Error(`The environment variable ${variable} is no budget`)
  return { count: Number(count), seconds: Number(seconds) }
}

/** An IPv4 address, or the /64 network of an IPv6 address: one customer has all of a /64. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head = '', tail = ''] = address.toLowerCase().split('::')
  const first = head.split(':').filter(Boolean)
  const last = tail.split(':').filter(Boolean)
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0')
  return [...first, ...zeros, ...last].slice(0, 4).join(':')
}
