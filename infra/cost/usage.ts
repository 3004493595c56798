import type { Item, Usage } from './prices.ts'

/** What one invocation takes. Its memory is a setting of the stage. */
export interface FunctionMeasure {
  /** Without password hashes, on one whole processor, milliseconds. */
  readonly cpuMs: number
  readonly hashes: number
  /** Calls to DynamoDB, counted as if each waited for the one before. */
  readonly calls: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly logBytes: number
}

/** What one request takes. */
export interface RequestMeasure {
  /** By the name of the function; `resource` is the function of any resource. */
  readonly functions: Readonly<Record<string, FunctionMeasure>>
  readonly accessLogBytes: number
  readonly responseBytes: number
}

export interface Measured {
  readonly on: string
  readonly machine: string
  /** How many unique fields and indexes the measured resource has. */
  readonly resource: { readonly unique: number; readonly indexes: number }
  readonly requests: Readonly<Record<Request, RequestMeasure>>
  /** A password's hash at bcrypt's cost 10, milliseconds; each step of the cost doubles it. */
  readonly hashMs: number
  /** In the tables and all their indexes. */
  readonly userBytes: number
  readonly itemBytes: number
}

export const requestNames = [
  'signup',
  'login',
  'refresh',
  'create',
  'read',
  'list',
  'change',
] as const
export type Request = (typeof requestNames)[number]
/** How many of each are sent in a month. */
export type Traffic = Readonly<Record<Request, number>>

/** The fixed parts of a stage's stack, whatever its traffic. */
export interface Standing {
  readonly bcryptCost: number
  /** By the name of the function, MB. */
  readonly memory: Readonly<Record<string, number>>
  readonly secrets: number
  readonly keys: number
  readonly alarmMetrics: number
  readonly dashboards: number
  readonly firewalls: number
  readonly backups: boolean
  readonly logDays: number
}

/**
 * What cannot be measured locally. A function gets CPU in proportion to its memory: 1,769 MB are one
 * processor.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
export const assumed = {
  wholeProcessorMb: 1769,
  /** Time of a call to DynamoDB, milliseconds. */
  databaseMs: 5,
  /** X-Ray keeps the first trace of each second, and this share of the others. */
  tracedShare: 0.05,
  /** Security events, error codes, and the metrics of every request. */
  metrics: 20,
  secondsOfMonth: 30 * 24 * 3600,
  /** Stored logs are billed by their compressed size. */
  logCompression: 0.15,
}

/**
 * What a month's traffic uses, without the fixed parts of the stack.
 * @param includes which parts of a request to count: `gateway`, or the name of a function
 */
export function trafficUsage(
  traffic: Partial<Traffic>,
  measured: Measured,
  standing: Standing,
  includes: (part: string) => boolean = () => true,
): Usage {
  const usage: Record<string, number> = {}
  const add = (item: Item, quantity: number) => {
    usage[item] = (usage[item] ?? 0) + quantity
  }
  for (const [name, times = 0] of Object.entries(traffic)) {
    const { functions, accessLogBytes, responseBytes } = measured.requests[name as Request]
    if (includes('gateway')) {
      add('gatewayRequests', times)
      add('logs', (times * accessLogBytes) / gigabyte)
      add('transfer', (times * responseBytes) / gigabyte)
    }
    for (const [called, measure] of Object.entries(functions).filter(([one]) => includes(one))) {
      add('invocations', times)
      add('gigabyteSeconds', times * gigabyteSeconds(called, measure, measured, standing))
      add('readUnits', times * measure.readUnits)
      add('writeUnits', times * measure.writeUnits)
      add('logs', (times * measure.logBytes) / gigabyte)
    }
  }
  const { logs = 0, gatewayRequests = 0 } = usage
  const sampled = Math.min(gatewayRequests, assumed.secondsOfMonth)
  add('keptLogs', logs * assumed.logCompression * (standing.logDays / 30))
  add('traces', sampled + (gatewayRequests - sampled) * assumed.tracedShare)
  add('firewallRequests', standing.firewalls && gatewayRequests)
  return usage
}

/** Fixed monthly costs, whatever the traffic. */
export function standingUsage(
  { users, items }: { users: number; items: number },
  measured: Measured,
  standing: Standing,
): Usage {
  const { secrets, keys, alarmMetrics, dashboards, firewalls, backups } = standing
  const storage = (users * measured.userBytes + items * measured.itemBytes) / gigabyte
  return {
    storage,
    backups: backups ? storage : 0,
    secrets,
    // An instance that signs reads the keys once a minute.
    secretCalls: users > 0 ? assumed.secondsOfMonth / 60 : 0,
    keys,
    metrics: users > 0 ? assumed.metrics : 0,
    alarms: alarmMetrics,
    dashboards,
    firewalls,
  }
}

export function sum(...usages: readonly Usage[]): Usage {
  const all: Record<string, number> = {}
  for (const [item, quantity = 0] of usages.flatMap((usage) => Object.entries(usage)))
    all[item] = (all[item] ?? 0) + quantity
  return all
}

const gigabyte = 1e9

function gigabyteSeconds(
  name: string,
  { cpuMs, hashes, calls }: FunctionMeasure,
  { hashMs }: Measured,
  { memory, bcryptCost }: Standing,
): number {
  // A resource's function has as much as the authorizer: infra/stages.ts, `memory.other`.
  const memoryMb = memory[name] ?? memory.authorizer ?? 0
  const processor = Math.min(1, memoryMb / assumed.wholeProcessorMb)
  const computing = (cpuMs + hashes * hashMs * 2 ** (bcryptCost - 10)) / processor
  return (Math.ceil(computing + calls * assumed.databaseMs) / 1000) * (memoryMb / 1024)
}
