import { randomUUIDv7 } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { toAttributeValues } from '../../functions/store/attribute-values.ts'
import { newItem } from '../../functions/store/items.ts'
import { bundleOptions } from '../../infra/bundle.ts'
import { readAssembly } from '../../infra/local/assembly.ts'
import { type Runner, startRunner } from '../../infra/local/runner.ts'
import { readTemplate } from '../../infra/local/template.ts'
import { synthesizeWithFixtures } from '../../test/build.ts'
import { declareForEsbuild } from '../../test/fixtures/declare.ts'
import { pupils } from '../../test/fixtures/resources/pupils.ts'
import { withoutTime } from '../../test/time.ts'
import { callEngine } from '../engine.ts'
import { progress } from '../rounds.ts'

/** What one operation costs, including the authorizer. */
export interface Cost {
  readonly readCalls: number
  readonly writeCalls: number
  /** Capacity units of DynamoDB; a strongly consistent read of up to 4 kB is 1. */
  readonly readUnits: number
  readonly writeUnits: number
}

export interface CostCurve {
  readonly items: readonly number[]
  /** By number of shards and operation, one cost for each number of items. */
  readonly costs: Readonly<Record<string, Readonly<Record<string, readonly Cost[]>>>>
}

const items = [100, 1_000, 10_000, 100_000]

/** Calls and capacity units of each operation while the table grows. Exact: nothing is timed. */
export async function costCurve(upTo = 100_000): Promise<CostCurve> {
  const sizes = items.filter((count) => count <= upTo)
  const costs: Record<string, Record<string, Cost[]>> = {}
  for (const shards of [1, 16]) costs[`${shards} shards`] = await curve(shards, sizes)
  progress()
  return { items: sizes, costs }
}

async function curve(shards: number, sizes: readonly number[]): Promise<Record<string, Cost[]>> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  const assembly = await synthesized(directory, shards)
  const runner = await startRunner({ assembly, parameters, log: () => {} })
  try {
    const measure = await measuring(runner)
    const costs: Record<string, Cost[]> = {}
    let filled = 0
    for (const size of sizes) {
      await fill(runner, filled, size, shards)
      filled = size
      for (const [name, cost] of Object.entries(await measure()))
        costs[name] = [...(costs[name] ?? []), cost]
    }
    return costs
  } finally {
    await runner.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function parameters(origin: string): Record<string, string> {
  return { PublicUrl: origin }
}

/** The stack with the fixtures, and with the pupils' list index in `shards` partitions. */
async function synthesized(directory: string, shards: number): Promise<string> {
  const { assembly } = synthesizeWithFixtures(directory, 'local')
  const { functions } = readTemplate(readAssembly(assembly))
  await build({
    ...bundleOptions(['pupils'], [sharded(shards), declareForEsbuild]),
    outdir: functions.find(({ tag }) => tag === 'pupils')?.directory ?? '',
    entryNames: 'index',
    allowOverwrite: true,
  })
  return assembly
}

function sharded(shards: number): Plugin {
  return {
    name: 'sharded',
    setup({ onLoad }) {
      onLoad({ filter: /fixtures\/resources\/pupils\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replace('resource({', `resource({ shards: ${shards},`),
        loader: 'ts',
      }))
    },
  }
}

/** Adds items to the table, past the API. */
export async function fill(
  runner: Runner,
  from: number,
  to: number,
  shards: number,
): Promise<void> {
  const table = runner.model.tables.find(({ id }) => /^Tables?Pupils|^Pupils/i.test(id))
  if (!table) throw new Error('There is no table of pupils')
  const resource = { ...pupils, shards }
  const batch = async (first: number) => {
    const requests = Array.from({ length: Math.min(25, to - first) }, (_, offset) => ({
      PutRequest: { Item: toAttributeValues(item(resource, first + offset)) },
    }))
    await callEngine(runner.dynamodbEndpoint, 'BatchWriteItem', {
      RequestItems: { [table.name]: requests },
    })
  }
  for (let first = from; first < to; first += 250) {
    if (first % 5_000 === 0) progress(`cost curve: ${first} of ${to} items, ${shards} shards`)
    const starts = Array.from({ length: 10 }, (_, number) => first + number * 25)
    await Promise.all(starts.filter((start) => start < to).map(batch))
  }
}

function item(resource: typeof pupils, number: number) {
  const id = randomUUIDv7()
  const now = new Date().toISOString()
  const fields = {
    id,
    name: `Name ${number}`,
    email: `filled-${number}@example.org`,
    rollNo: String(number),
    age: 36,
    createdAt: now,
    updatedAt: now,
  }
  return newItem(resource, fields, id)
}

interface Answer {
  readonly id: string
  readonly access_token: string
  readonly refresh_token: string
  readonly nextCursor: string
}

/** Calls every operation once, and says what each cost. */
export async function measuring(runner: Runner): Promise<() => Promise<Record<string, Cost>>> {
  const account = { username: 'bench', password: 'correct horse battery' }
  let token: string | undefined
  let number = 0
  const send = async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(`${runner.origin}/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as Answer
  }
  const pupil = () => ({
    name: 'Ada Lovelace',
    email: `measured-${number++}@example.org`,
    rollNo: '42',
    age: 36,
  })
  await send('POST', '/auth/signup', account)
  // The first time, an instance also reads its keys and the key of the cursors.
  const once = async () => {
    const costs: Record<string, Cost> = {}
    const measured = async (name: string, ask: () => Promise<Answer>): Promise<Answer> => {
      runner.calls.reset()
      const answer = await ask()
      costs[name] = costOf(runner)
      return answer
    }
    const tokens = await measured('login', () => send('POST', '/auth/login', account))
    token = tokens.access_token
    const { refresh_token } = tokens
    await measured('refresh', () => send('POST', '/auth/refresh', { refresh_token }))
    const { id } = await measured('create', () => send('POST', '/pupils', pupil()))
    await measured('read', () => send('GET', `/pupils/${id}`))
    const { nextCursor } = await measured('list', () => send('GET', '/pupils?limit=25'))
    const further = `/pupils?limit=25&cursor=${nextCursor}`
    await measured('list, a later page', () => send('GET', further))
    await measured('list, filtered', () => send('GET', '/pupils?rollNo=42'))
    await measured('patch', () => send('PATCH', `/pupils/${id}`, { age: 37 }))
    await measured('patch, a unique field', () =>
      send('PATCH', `/pupils/${id}`, { email: pupil().email }),
    )
    await measured('delete', () => send('DELETE', `/pupils/${id}`))
    await measured('logout', () => send('POST', '/auth/logout'))
    token = undefined
    return costs
  }
  // An instance reads some things again after a minute, which may pass on a busy machine.
  return () =>
    withoutTime(runner.clock, async () => {
      await once()
      return once()
    })
}

function costOf(runner: Runner): Cost {
  const cost = { readCalls: 0, writeCalls: 0, readUnits: 0, writeUnits: 0 }
  for (const { service, operation, capacityUnits } of runner.calls()) {
    if (service !== 'dynamodb') continue
    const kind = /^(?:Query|GetItem|BatchGetItem)$/.test(operation) ? 'read' : 'write'
    cost[`${kind}Calls`] += 1
    cost[`${kind}Units`] += capacityUnits
  }
  return cost
}
