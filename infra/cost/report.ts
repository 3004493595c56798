import { bill, cognitoBill, type Line, total } from './bill.ts'
import { priced } from './prices.ts'
import {
  type Measured,
  type Standing,
  standingUsage,
  sum,
  type Traffic,
  trafficUsage,
} from './usage.ts'

/** The users and requests of a month, by kind. */
export interface Question {
  readonly users: number
  /** Requests to resources. */
  readonly requests: number
  /** The share of the requests that only read, and the share of these that list. */
  readonly reads: number
  readonly lists: number
  /** For each user, a month. */
  readonly logins: number
  readonly refreshes: number
  readonly signups: number
  readonly items: number
}

/** The bill as text. */
export function report(question: Question, measured: Measured, standing: Standing): string {
  const { users } = question
  const { unique, indexes } = measured.resource
  const traffic = trafficOf(question)
  const all = bill(
    sum(
      trafficUsage(traffic, measured, standing),
      standingUsage({ users, items: users * question.items }, measured, standing),
    ),
  )
  const plans = cognitoBill(users).map(({ plan, sum }) => `  ${plan.padEnd(12)}${dollars(sum)}`)
  return `${all.map(row).join('\n')}
${'total'.padEnd(width)}${dollars(total(all))}

of this, what Cognito would do instead
${'signing in, refreshing, and the check of every token'.padEnd(width)}${dollars(total(bill(ofUsers(question, measured, standing))))}
Amazon Cognito for ${count(users)} monthly users, without that check
${plans.join('\n')}

US dollars a month in ${priced.region}. Prices of ${priced.on}, copied by hand: look them up before you
quote them (${priced.at}). Free tiers and lower prices for large
volumes are left out, except that Cognito's free users are counted.
Units, bytes and processor time were measured on ${measured.on} (npm run cost:measure), with a
resource of ${unique} unique field(s) and ${indexes} index(es); times on Lambda are computed from them.
`
}

export function trafficOf(question: Question): Traffic {
  const { users, requests, reads, lists, logins, refreshes, signups } = question
  const writes = requests * (1 - reads)
  return {
    signup: users * signups,
    login: users * logins,
    refresh: users * refreshes,
    read: requests * reads * (1 - lists),
    list: requests * reads * lists,
    create: writes / 2,
    change: writes / 2,
  }
}

/** The cost of signing in and of the authorizer, which Cognito would replace. */
function ofUsers(question: Question, measured: Measured, standing: Standing) {
  const { signup, login, refresh, ...others } = trafficOf(question)
  return sum(
    trafficUsage({ signup, login, refresh }, measured, standing),
    trafficUsage(others, measured, standing, (part) => part === 'authorizer'),
    { storage: (question.users * measured.userBytes) / 1e9, secrets: standing.secrets },
  )
}

const width = 54

function row({ part, quantity, unit, sum }: Line): string {
  return `${part.padEnd(34)}${`${count(quantity)} ${unit}`.padStart(width - 34 - 2)}  ${dollars(sum)}`
}

function count(value: number): string {
  const digits = value < 100 ? 2 : 0
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

function dollars(value: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 }
  return `$${value.toLocaleString('en-US', digits)}`.padStart(11)
}
