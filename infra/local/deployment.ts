import { isDeepStrictEqual } from 'node:util'
import { dynamodb } from './aws/dynamodb.ts'
import type { Services } from './aws/endpoint.ts'
import { compilePolicy, type Policy } from './aws/iam.ts'
import { deploySecrets } from './aws/secret-store.ts'
import { secretsManager } from './aws/secrets-manager.ts'
import { ses } from './aws/ses.ts'
import { deployTables } from './aws/tables.ts'
import { required } from './failure.ts'
import { compileGateway, type Gateway } from './gateway/gateway.ts'
import { type EventSource, startEventSource } from './lambda/event-source.ts'
import { checkEventSource } from './lambda/event-source-access.ts'
import { type FunctionPool, functionPool } from './lambda/function-pool.ts'
import { type Rotations, scheduleRotations } from './lambda/rotation.ts'
import type { EventSourceModel, FunctionModel, Model } from './model.ts'
import type { Parts } from './parts.ts'

/** What one template has running. */
export interface Deployment {
  readonly model: Model
  /** By the ARN of the function. */
  readonly pools: ReadonlyMap<string, FunctionPool>
  readonly services: Services
  readonly gateway: Gateway
  readonly rotations: Rotations
  readonly eventSources: EventSource[]
}

const graceMs = 3000

/**
 * Makes all that a template has, but for its event sources. Nothing of it is served yet.
 * @param before what serves meanwhile: functions that are no different run on
 * @param changed functions whose code is another, though it lies where it lay
 */
export async function deploy(
  parts: Parts,
  model: Model,
  before?: Deployment,
  changed: readonly string[] = [],
): Promise<Deployment> {
  const deployment = assemble(parts, model, before, changed)
  try {
    if (!isDeepStrictEqual(model.tables, before?.model.tables)) {
      await deployTables(parts.engine, model.tables, parts.dataDir)
    }
    parts.onStep('tables')
    deploySecrets(parts.secrets, model.secrets)
    parts.endpoint.serve(deployment.services)
    await deployment.rotations.first()
    parts.onStep('secrets')
    return deployment
  } catch (error) {
    await retire(deployment, before)
    throw error
  }
}

function assemble(
  parts: Parts,
  model: Model,
  before: Deployment | undefined,
  changed: readonly string[],
): Deployment {
  const { clock, log, secrets, mailbox, engine } = parts
  const api = required(model.api, 'the REST API')
  const pools = poolsOf(parts, model, before, changed)
  const poolOf = (arn: string) => required(pools.get(arn), `the function ${arn}`)
  const eventSources: EventSource[] = []
  const wake = () => {
    for (const source of eventSources) source.wake()
  }
  return {
    model,
    pools,
    eventSources,
    services: {
      dynamodb: dynamodb(engine, model, wake),
      secretsmanager: secretsManager(secrets, model.rotations),
      ses: ses(model, mailbox),
    },
    gateway: compileGateway({ model, api, poolOf, clock, log }),
    rotations: scheduleRotations({ model, secrets, poolOf, clock, log }),
  }
}

function poolsOf(
  parts: Parts,
  model: Model,
  before: Deployment | undefined,
  changed: readonly string[],
): ReadonlyMap<string, FunctionPool> {
  const platform = { ...parts, region: model.region, endpoint: parts.endpoint.url }
  const policies = new Map(
    model.functions.map((f) => [f, compilePolicy(f.statements, `the role of ${f.id}`)]),
  )
  for (const source of model.eventSources) {
    const [f, policy] = required(
      [...policies].find(([{ arn }]) => arn === source.functionArn),
      `${source.id}: the function ${source.functionArn}`,
    )
    checkEventSource(source, f, policy)
  }
  const poolOf = (f: FunctionModel, policy: Policy): FunctionPool => {
    const known = changed.includes(f.tag) ? undefined : before?.pools.get(f.arn)
    if (known && isDeepStrictEqual(known.model, f)) return known
    return functionPool(f, policy, platform, parts.concurrency)
  }
  return new Map([...policies].map(([f, policy]) => [f.arn, poolOf(f, policy)]))
}

/** Begins to bring the records of the tables' streams to the functions. */
export async function startEventSources(parts: Parts, deployment: Deployment): Promise<void> {
  const { model, pools, eventSources } = deployment
  const start = (source: EventSourceModel) => {
    const pool = required(pools.get(source.functionArn), `the function ${source.functionArn}`)
    return startEventSource({ ...parts, source, pool, region: model.region })
  }
  eventSources.push(...(await Promise.all(model.eventSources.map(start))))
}

export async function stopEventSources({ eventSources }: Deployment): Promise<void> {
  await Promise.all(eventSources.map((source) => source.stop()))
}

/** Lets what is being served come to its end, then stops everything but what `other` has too. */
export async function retire(deployment: Deployment, other?: Deployment): Promise<void> {
  deployment.rotations.stop()
  await stopEventSources(deployment)
  const shared = new Set(other?.pools.values())
  const own = [...deployment.pools.values()].filter((pool) => !shared.has(pool))
  await Promise.all(own.map((pool) => pool.retire(graceMs)))
}
