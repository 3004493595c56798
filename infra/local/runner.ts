import { join } from 'node:path'
import { tableId } from '../../functions/config/environment.ts'
import { Failure, required } from '../failure.ts'
import { type Accepted, nothingAccepted } from '../plan/change.ts'
import { openServedRecord } from './admission.ts'
import { readAssembly, type Template } from './assembly.ts'
import { type AwsCall, type Intercept, recordedCalls } from './aws/calls.ts'
import { type Caller, startEndpoint } from './aws/endpoint.ts'
import { startEngine } from './aws/engine.ts'
import type { Mail } from './aws/mail.ts'
import { openMailbox } from './aws/mailbox.ts'
import { openSecrets } from './aws/secret-store.ts'
import { isEmptyTable } from './aws/tables.ts'
import { type Clock, movableClock } from './clock.ts'
import {
  type Deployment,
  deploy,
  retire,
  startEventSources,
  stopEventSources,
} from './deployment.ts'
import { startGatewayServer } from './gateway/gateway-server.ts'
import type { DeadLetter } from './lambda/delivery.ts'
import { openPositions } from './lambda/positions.ts'
import { type Log, stdoutLog } from './logs.ts'
import type { FunctionModel, Model } from './model.ts'
import { ownPages } from './own-pages.ts'
import type { Parts } from './parts.ts'
import { readTemplate } from './template.ts'

export interface RunnerOptions {
  /** The cloud assembly: `cdk.out`. */
  readonly assembly: string
  /** The stack to serve, where the assembly has several. */
  readonly stack?: string
  /** 0, the default: any free port. The host is always 127.0.0.1. */
  readonly port?: number
  /** Where data is kept; without it everything is in memory. */
  readonly dataDir?: string
  /** Values of the template's parameters; those that it does not have are passed over. */
  readonly parameters?: (
    origin: string,
    defaults: Readonly<Record<string, string>>,
  ) => Record<string, string>
  /** Takes every log line of the functions and of the platform. Default: standard output. */
  readonly log?: Log
  readonly clock?: { readonly offsetMs: number }
  /** Called for every permitted call of a function to AWS: answers what is to go wrong with it. */
  readonly intercept?: Intercept
  /**
   * The directory of a function's bundle, asked for when an instance starts; its source map may lie
   * beside it. Default: the function's asset in the assembly.
   */
  readonly codeOf?: (functionName: string) => Promise<string>
  /** How many times as long as on Lambda a function may take, for a slow machine; default 1. */
  readonly patience?: number
  /** Instances per function, default 10. */
  readonly concurrency?: number
  /**
   * Permitted calls of DynamoDB go from the function straight to the engine: sooner, but nothing can
   * `intercept` them, and `calls` refuses to tell of the rest alone.
   */
  readonly direct?: boolean
  /**
   * Several changes of a table's indexes are made one after another; without it they are refused, as
   * CloudFormation refuses them.
   */
  readonly successive?: boolean
  /** What the first deployment may replace and open. */
  readonly accepted?: Accepted
  /** Told what changes of the declarations mean for what is stored. */
  readonly say?: (text: string) => void
  /** Called when all is ready; requests wait until it is done. */
  readonly beforeServing?: (runner: Runner) => Promise<void>
  /** Told when a step of the start is done. */
  readonly onStep?: (step: string) => void
}

export interface FunctionControl {
  /** The number of running instances, by function. */
  instances(): Record<string, number>
  /** Ends all instances of a function at once, as a crash would. */
  kill(name: string): Promise<void>
}

export interface Runner {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  readonly model: Model
  /** Invokes a function by its name (`Description`), logical id or physical name. */
  invoke(name: string, event: unknown): Promise<unknown>
  readonly clock: Clock
  /** The functions' calls to AWS since the last reset, with the capacity that they consumed. */
  readonly calls: { (): AwsCall[]; reset(): void }
  /** The mails that functions sent, newest first. */
  mails(): readonly Mail[]
  /** The engine itself, past all permissions. */
  readonly dynamodbEndpoint: string
  /** Whether nothing at all is stored for a resource. */
  isEmpty(resource: string): Promise<boolean>
  readonly functions: FunctionControl
  /** Rotates one secret, or all that have a schedule. */
  rotate(secret?: string): Promise<void>
  /** What event source mappings gave up on. */
  readonly deadLetters: DeadLetter[]
  /**
   * Serves another assembly from now on; the old one serves on when this fails.
   * @param changed the functions whose code may have changed though their asset has not
   */
  reload(assembly: string, changed?: readonly string[] | 'all'): Promise<void>
  stop(): Promise<void>
}

/** What ends each thing that was started, in the order of the start. */
type Stops = (() => Promise<unknown>)[]

const graceMs = 3000

/** Serves a synthesized stack: API Gateway, Lambda, DynamoDB, Secrets Manager, SES, IAM. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const stops: Stops = []
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const { parts, read } = await startParts(options, stops)
    const deployment = await deploy(parts, read(options.assembly))
    const serving: Serving = { deployment }
    stops.push(() => retire(parts, serving.deployment))
    await startEventSources(parts, serving.deployment)
    const runner: Runner = Object.assign(controls(parts, serving), {
      reload: async (assembly: string, changed: readonly string[] | 'all' = []) =>
        reload({ ...parts, onStep: () => {} }, serving, read(assembly), changed),
      stop,
    })
    await options.beforeServing?.(runner)
    parts.server.serve(serving.deployment.gateway)
    stops.push(() => parts.server.stop(graceMs))
    return runner
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts, in order, what serves any template. The port comes first: it may be taken. */
async function startParts(options: RunnerOptions, stops: Stops) {
  const { dataDir, intercept, concurrency = 10, direct = false, onStep = () => {} } = options
  if (direct && intercept) throw new Failure('direct calls cannot be intercepted.')
  const log = options.log ?? stdoutLog()
  const clock = movableClock(options.clock?.offsetMs)
  const inData = (file: string) => (dataDir === undefined ? undefined : join(dataDir, file))

  const mailbox = openMailbox(clock, inData('mail.json'))
  const server = await startGatewayServer(options.port ?? 0, log, ownPages(mailbox))
  stops.push(() => server.stop(0))
  const origin = `http://127.0.0.1:${server.port}`
  const read = (assembly: string) => {
    const stack = readAssembly(assembly, options.stack)
    const model = readTemplate(stack, options.parameters?.(origin, defaultsOf(stack.template)))
    const { patience = 1 } = options
    const stretched = (one: FunctionModel) => ({ ...one, timeoutMs: one.timeoutMs * patience })
    return { ...model, functions: model.functions.map(stretched) }
  }

  const engine = await startEngine(dataDir)
  stops.push(() => engine.stop())
  onStep('engine')

  const calls = recordedCalls()
  const callers = new Map<string, Caller>()
  const endpoint = await startEndpoint({ log, callers, calls, intercept })
  stops.push(() => endpoint.stop())

  const parts: Parts = {
    ...{ dataDir, clock, log, calls, callers, server, engine, endpoint, concurrency, onStep },
    secrets: openSecrets(clock, inData('secrets.json')),
    mailbox,
    positions: openPositions(inData('streams.json')),
    deadLetters: [],
    served: openServedRecord(inData('declared.json')),
    successive: options.successive ?? false,
    accepted: options.accepted ?? nothingAccepted,
    say: options.say ?? (() => {}),
    eventSources: new Set(),
    direct,
    codeOf: async ({ tag, directory }) => options.codeOf?.(tag) ?? directory,
  }
  return { parts, read }
}

/** The parameters of a template that have a default. */
function defaultsOf({ Parameters = {} }: Template): Readonly<Record<string, string>> {
  const defaults = Object.entries(Parameters).filter(([, { Default }]) => Default !== undefined)
  return Object.fromEntries(defaults.map(([name, { Default }]) => [name, String(Default)]))
}

interface Serving {
  deployment: Deployment
}

/** The old deployment serves on until everything of the new one stands. */
async function reload(
  parts: Parts,
  serving: Serving,
  model: Model,
  changed: readonly string[] | 'all',
): Promise<void> {
  const old = serving.deployment
  let next: Deployment
  try {
    next = await deploy(parts, model, old, changed)
  } catch (error) {
    parts.endpoint.serve(old.services)
    throw error
  }
  serving.deployment = next
  await stopEventSources(parts, old)
  await startEventSources(parts, next)
  parts.server.serve(next.gateway)
  await retire(parts, old, next)
}

function unrecorded(): never {
  throw new Failure('direct calls are not recorded: start the runner without `direct`.')
}

function controls(parts: Parts, serving: Serving): Omit<Runner, 'reload' | 'stop'> {
  const { server, clock, calls, mailbox, engine, deadLetters } = parts
  const pools = () => [...serving.deployment.pools.values()]
  const poolNamed = (name: string) =>
    required(
      pools().find(({ model: f }) => [f.tag, f.id, f.name].includes(name)),
      `the function ${name}`,
    )
  return {
    origin: `http://127.0.0.1:${server.port}`,
    clock,
    deadLetters,
    get model() {
      return serving.deployment.model
    },
    invoke: async (name, event) =>
      JSON.parse(await poolNamed(name).invoke(JSON.stringify(event))) as unknown,
    calls: Object.assign(() => (parts.direct ? unrecorded() : calls.all()), {
      reset: () => (parts.direct ? unrecorded() : calls.reset()),
    }),
    mails: () => mailbox.all(),
    dynamodbEndpoint: engine.endpoint,
    isEmpty: (resource) => isEmptyTable(engine, tableId(resource)),
    functions: {
      instances: () =>
        Object.fromEntries(pools().map((pool) => [pool.model.tag, pool.instances()])),
      kill: (name) => poolNamed(name).kill(),
    },
    rotate: (secret) => serving.deployment.rotations.rotate(secret),
  }
}
