import { isDeepStrictEqual } from 'node:util'
import { required } from '../failure.ts'
import { nothingAccepted } from '../plan/change.ts'
import { admit } from './admission.ts'
import { dynamodb } from './aws/dynamodb.ts'
import { tableArnPrefix } from './aws/dynamodb-access.ts'
import type { Services } from './aws/endpoint.ts'
import { compilePolicy, type Policy } from './aws/iam.ts'
import { deploySecrets } from './aws/secret-store.ts'
import { secretsManager } from './aws/secrets-manager.ts'
import { ses } from './aws/ses.ts'
import { deployTables } from './aws/tables.ts'
import { compileGateway, type Gateway } from './gateway/gateway.ts'
import type { DirectCalls } from './lambda/direct-calls.ts'
import { type EventSource, startEventSource } from './lambda/event-source.ts'
import { checkEventSource } from './lambda/event-source-access.ts'
import { type FunctionPool, functionPool } from './lambda/function-pool.ts'
import { type Rotations, scheduleRotations } from './lambda/rotation.ts'
import type { EventSourceModel, FunctionModel, Model, TableModel } from './model.ts'
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
 * @param before what serves meanwhile: functions that have not changed run on
 * @param changed functions whose code may have changed though their asset has not
 */
export async function deploy(
  parts: Parts,
  model: Model,
  before?: Deployment,
  changed: readonly string[] | 'all' = [],
): Promise<Deployment> {
  const deployment = assemble(parts, model, before, changed)
  try {
    await updateTables(parts, model, before?.model)
    parts.onStep('tables')
    deploySecrets(parts.secrets, model.secrets)
    parts.endpoint.serve(deployment.services)
    await deployment.rotations.first()
    parts.onStep('secrets')
    return deployment
  } catch (error) {
    await retire(parts, deployment, before)
    throw error
  }
}

/** What is stored follows the template, by the rules of a deployment. */
async function updateTables(parts: Parts, model: Model, before: Model | undefined): Promise<void> {
  const { engine, served, say, dataDir, successive } = parts
  const { tables, declared } = model
  if (declared) await admit(engine, served, declared, parts.accepted, say)
  if (!isDeepStrictEqual(tables, before?.tables))
    await deployTables(engine, tables, { dataDir, successive })
  if (declared && !isDeepStrictEqual(declared, served.read())) served.write(declared)
  // What one deployment may do, the next may not.
  parts.accepted = nothingAccepted
}

function assemble(
  parts: Parts,
  model: Model,
  before: Deployment | undefined,
  changed: readonly string[] | 'all',
): Deployment {
  const { clock, log, secrets, mailbox, engine } = parts
  const api = required(model.api, 'the REST API')
  const pools = poolsOf(parts, model, before, changed)
  const poolOf = (arn: string) => required(pools.get(arn), `the function ${arn}`)
  return {
    model,
    pools,
    eventSources: [],
    services: {
      dynamodb: dynamodb(engine, model, () => wake(parts)),
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
  changed: readonly string[] | 'all',
): ReadonlyMap<string, FunctionPool> {
  const platform = {
    ...parts,
    region: model.region,
    endpoint: parts.endpoint.url,
    directCallsOf: parts.direct ? (f: FunctionModel) => directCallsOf(parts, model, f) : undefined,
    onWrite: () => wake(parts),
  }
  const sameTables = isDeepStrictEqual(model.tables, before?.model.tables)
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
    const mayDiffer = changed === 'all' || changed.includes(f.tag)
    const known = mayDiffer ? undefined : before?.pools.get(f.arn)
    if (known && sameTables && isDeepStrictEqual(known.model, f)) return known
    return functionPool(f, policy, platform, parts.concurrency)
  }
  return new Map([...policies].map(([f, policy]) => [f.arn, poolOf(f, policy)]))
}

function directCallsOf({ endpoint, engine }: Parts, model: Model, f: FunctionModel): DirectCalls {
  const { hostname, port } = new URL(endpoint.url)
  const { name, roleArn, statements } = f
  const streams = new Set(model.eventSources.map(({ streamArn }) => streamArn))
  const isRead = ({ streamArn }: TableModel) => streamArn !== undefined && streams.has(streamArn)
  return {
    endpoint: { hostname, port: Number(port) },
    engine: { hostname: engine.hostname, port: engine.port },
    caller: { name, roleArn, statements },
    tables: model.tables,
    tableArnPrefix: tableArnPrefix(model),
    read: model.tables.filter(isRead).map(({ arn }) => arn),
  }
}

/** Somebody wrote: there may be records to deliver. */
function wake({ eventSources }: Parts): void {
  for (const source of eventSources) source.wake()
}

/** Begins to deliver the records of the tables' streams to the functions. */
export async function startEventSources(parts: Parts, deployment: Deployment): Promise<void> {
  const { model, pools, eventSources } = deployment
  const start = (source: EventSourceModel) => {
    const pool = required(pools.get(source.functionArn), `the function ${source.functionArn}`)
    return startEventSource({ ...parts, source, pool, region: model.region })
  }
  eventSources.push(...(await Promise.all(model.eventSources.map(start))))
  for (const source of eventSources) parts.eventSources.add(source)
}

export async function stopEventSources(parts: Parts, { eventSources }: Deployment): Promise<void> {
  for (const source of eventSources) parts.eventSources.delete(source)
  await Promise.all(eventSources.map((source) => source.stop()))
}

/** Lets what is being served come to its end, then stops everything but what `other` has too. */
export async function retire(
  parts: Parts,
  deployment: Deployment,
  other?: Deployment,
): Promise<void> {
  deployment.rotations.stop()
  await stopEventSources(parts, deployment)
  const shared = new Set(other?.pools.values())
  const own = [...deployment.pools.values()].filter((pool) => !shared.has(pool))
  await Promise.all(own.map((pool) => pool.retire(graceMs)))
}
