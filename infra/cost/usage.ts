import type { Item, Usage } from './prices.ts'

/** What one run of a function takes, without its memory, which is the stage's affair. */
export interface FunctionMeasure {
  /** Computing but for passwords' hashes, on one whole processor, milliseconds. */
  readonly cpuMs: number
  readonly hashes: number
  /** Calls to DynamoDB that wait for one another or not. */
  readonly calls: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly logBytes: number
}

/** What one request takes, from the gateway's view. */
export interface RequestMeasure {
  /** By the name of the function; `resource` is that of a resource, whichever. */
  readonly functions: Readonly<Record<string, FunctionMeasure>>
  readonly accessLogBytes: number
  readonly responseBytes: number
}

export interface Measured {
  readonly on: string
  readonly machine: string
  /** How many unique fields and filters the resource has that was measured. */
  readonly resource: { readonly unique: number; readonly filters: number }
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
/** How often each is sent in a month. */
export type Traffic = Readonly<Record<Request, number>>

/** What a stage's stack has, whatever its traffic. */
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
 * What the measurements cannot tell, as nothing is deployed where they are made. A function's CPU
 * comes with its memory, 1,769 MB being one processor.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
export const assumed = {
  wholeProcessorMb: 1769,
  /** From asking DynamoDB to its answer, milliseconds. */
  databaseMs: 5,
  /** What Lambda itself logs of an invocation. */
  platformLogBytes: 700,
  /** Of the traces, beside the first of each second, that X-Ray keeps. */
  tracedShare: 0.05,
  /** The security events and error codes that occur, and what is measured of every request. */
  metrics: 20,
  secondsOfMonth: 30 * 24 * 3600,
  /** Kept logs are billed as they lie, compressed. */
  logCompression: 0.15,
}

/**
 * What a month's traffic uses; without `standing`'s own parts, so that usages can be added.
 * @param includes of which parts of a request: `gateway`, or the name of a function
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
      add('logs', (times * (measure.logBytes + assumed.platformLogBytes)) / gigabyte)
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
