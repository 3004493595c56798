import { join } from 'node:path'
import { readAssembly } from './assembly.ts'
import { type AwsCall, createCalls, type Intercept } from './calls.ts'
import { type Clock, createClock } from './clock.ts'
import { startEndpoint } from './endpoint.ts'
import { startEngine } from './engine.ts'
import { Failure, required } from './failure.ts'
import { createPool, type FunctionPool } from './functions.ts'
import { createGateway } from './gateway.ts'
import { startGatewayServer } from './gateway-server.ts'
import { compilePolicy } from './iam.ts'
import type { Caller, Platform } from './instance.ts'
import { type Log, stdoutLog } from './logs.ts'
import type { Model } from './model.ts'
import { createRotations, type Rotations } from './rotation.ts'
import { createSecrets } from './secrets.ts'
import { createPositions, type DeadLetter, type Poller, startPoller } from './streams.ts'
import { deployTables } from './tables.ts'
import { readTemplate } from './template.ts'

export interface RunnerOptions {
  /** The cloud assembly: `cdk.out`. */
  assembly: string
  /** The stack to serve, where the assembly has several. */
  stack?: string
  /** 0, the default: any free port. The host is always 127.0.0.1. */
  port?: number
  /** Where data is kept; without it everything is in memory. */
  dataDir?: string
  /** Values of the template's parameters; those that it does not have are passed over. */
  parameters?: (origin: string) => Record<string, string>
  /** Takes every log line of the functions and of the platform. Default: standard output. */
  log?: Log
  clock?: { offsetMs: number }
  /** Called for every permitted call of a function to AWS: answers what shall go wrong with it. */
  intercept?: Intercept
  /** Instances per function, default 10. */
  concurrency?: number
  /** Called when all is ready; requests wait until it is done. */
  beforeServing?: (runner: Runner) => Promise<void>
  /** Told when a step of the start is done. */
  onStep?: (step: string) => void
}

export interface FunctionControl {
  /** The number of running instances, by function. */
  instances(): Record<string, number>
  /** Ends all instances of a function at once, as a crash would. */
  kill(name: string): Promise<void>
}

export interface Runner {
  /** `http://127.0.0.1:<port>` */
  origin: string
  readonly model: Model
  /** Invokes a function by its name (`Description`), logical id or physical name. */
  invoke(name: string, event: unknown): Promise<unknown>
  clock: Clock
  /** The functions' calls to AWS since the last reset, with the capacity that they consumed. */
  calls: { (): AwsCall[]; reset(): void }
  /** The engine itself, past all permissions. */
  dynamodbEndpoint: string
  functions: FunctionControl
  /** Rotates one secret, or all that have a schedule. */
  rotate(secret?: string): Promise<void>
  /** What event source mappings gave up on. */
  deadLetters: DeadLetter[]
  /** Serves another assembly from now on; the old one serves on when this fails. */
  reload(assembly: string): Promise<void>
  stop(): Promise<void>
}

/** What one template has running. */
interface Deployment {
  model: Model
  pools: Map<string, FunctionPool>
  pollers: Poller[]
  rotations: Rotations
}

const graceMs = 3000

/** Serves a synthesized stack: API Gateway, Lambda, DynamoDB, Secrets Manager, IAM. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { dataDir, intercept, concurrency = 10, onStep = () => {} } = options
  const log = options.log ?? stdoutLog()
  const clock = createClock(options.clock?.offsetMs)
  const recorded = createCalls()
  const callers = new Map<string, Caller>()
  const deadLetters: DeadLetter[] = []
  const inData = (file: string) => (dataDir === undefined ? undefined : join(dataDir, file))
  // In reverse order of the start, whatever of it has been reached.
  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end()
  }

  try {
    const server = await startGatewayServer(options.port ?? 0, log)
    stops.push(() => server.stop(0))
    const origin = `http://127.0.0.1:${server.port}`
    const read = (assembly: string) =>
      readTemplate(readAssembly(assembly, options.stack), options.parameters?.(origin))
    const initial = read(options.assembly)
    onStep('template')
    const engine = await startEngine(dataDir)
    stops.push(() => engine.stop())
    onStep('engine')
    const secrets = createSecrets(clock, inData('secrets.json'))
    const positions = createPositions(inData('streams.json'))
    let current: Deployment | undefined
    const wake = () => {
      for (const poller of current?.pollers ?? []) poller.wake()
    }
    const endpoint = await startEndpoint({
      ...{ engine, secrets, log, callers, calls: recorded, intercept },
      onWrite: wake,
    })
    stops.push(() => endpoint.stop())
    const { url } = endpoint
    const platform = (region: string): Platform => ({ region, clock, log, endpoint: url, callers })

    /** The old deployment serves on until everything of the new one stands. */
    async function deploy(model: Model, beforeServing = async () => {}): Promise<void> {
      const api = required(model.api, 'the REST API')
      checkEventSources(model)
      const pools = new Map(
        model.functions.map((f) => [f.arn, createPool(f, platform(model.region), concurrency)]),
      )
      const poolOf = (arn: string) => required(pools.get(arn), `the function ${arn}`)
      const gateway = createGateway({ model, api, poolOf, clock, log })
      const rotations = createRotations({ model, secrets, poolOf, clock, log })
      const next: Deployment = { model, pools, pollers: [], rotations }
      try {
        await deployTables(engine, model.tables, dataDir)
        onStep('tables')
        secrets.deploy(model.secrets, model.rotations)
        endpoint.deploy(model)
        await rotations.first()
        onStep('secrets')
      } catch (error) {
        await retire(next)
        throw error
      }
      const old = current
      current = next
      await Promise.all((old?.pollers ?? []).map((poller) => poller.stop()))
      for (const source of model.eventSources) {
        const pool = poolOf(source.functionArn)
        const onDeadLetter = (letter: DeadLetter) => deadLetters.push(letter)
        const poller = { source, engine, pool, positions, clock, log, onDeadLetter }
        next.pollers.push(await startPoller(poller))
      }
      await beforeServing()
      server.serve(gateway)
      if (old !== undefined) await retire(old)
    }
    stops.push(async () => current && retire(current))
    const pools = () => [...(current?.pools.values() ?? [])]
    const poolNamed = (name: string) =>
      required(
        pools().find(({ model: f }) => [f.tag, f.id, f.name].includes(name)),
        `the function ${name}`,
      )
    const runner: Runner = {
      origin,
      clock,
      deadLetters,
      get model() {
        return current?.model ?? initial
      },
      invoke: async (name, event) =>
        JSON.parse(await poolNamed(name).invoke(JSON.stringify(event))) as unknown,
      calls: Object.assign(() => recorded.all(), { reset: () => recorded.reset() }),
      dynamodbEndpoint: engine.endpoint,
      functions: {
        instances: () =>
          Object.fromEntries(pools().map((pool) => [pool.model.tag, pool.instances()])),
        kill: (name) => poolNamed(name).kill(),
      },
      rotate: async (secret) => current?.rotations.rotate(secret),
      reload: async (assembly) => deploy(read(assembly)),
      stop,
    }
    await deploy(initial, async () => options.beforeServing?.(runner))
    stops.push(() => server.stop(graceMs))
    return runner
  } catch (error) {
    await stop()
    throw error
  }
}

async function retire({ pools, pollers, rotations }: Deployment): Promise<void> {
  rotations.stop()
  await Promise.all(pollers.map((poller) => poller.stop()))
  await Promise.all([...pools.values()].map((pool) => pool.retire(graceMs)))
}

/** Lambda refuses to make an event source mapping whose function may not read the stream. */
function checkEventSources({ functions, eventSources }: Model): void {
  for (const { id, functionArn, streamArn, deadLetterArn } of eventSources) {
    const model = required(
      functions.find(({ arn }) => arn === functionArn),
      `${id}: the function ${functionArn}`,
    )
    const policy = compilePolicy(model.statements, id)
    const needs: [string, string][] = ['GetRecords', 'GetShardIterator', 'DescribeStream'].map(
      (operation) => [`dynamodb:${operation}`, streamArn],
    )
    needs.push(['dynamodb:ListStreams', '*'])
    if (deadLetterArn !== undefined) needs.push(['sqs:SendMessage', deadLetterArn])
    for (const [action, resource] of needs) {
      if (policy.decide(action, resource) !== 'allowed') {
        throw new Failure(`${id}: the role of ${model.id} does not allow ${action} on ${resource}`)
      }
    }
  }
}
