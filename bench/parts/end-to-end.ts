import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../../infra/bundle.ts'
import { callEngine } from '../engine.ts'
import { load, type Sent } from '../load.ts'
import { type Figures, figure, interleaved, rounded } from '../rounds.ts'
import { type Server, startTutorials } from '../tutorials.ts'

export const requests = ['read', 'list', 'create'] as const
export const connections = [16, 64] as const

export interface EndToEnd {
  /** Requests a second, by request and number of connections: `read, 16`. */
  readonly throughput: Readonly<Record<string, Figures>>
  /** The slowest of a hundred requests, milliseconds. */
  readonly p99: Readonly<Record<string, Figures>>
  /** Milliseconds that a request takes alone, hop by hop; each includes those before it. */
  readonly hops: Figures
}

interface Ours extends Server {
  readonly engine: string
  readonly pupilsTable: string
  readonly itemId: string
}

/** Through gateway, authorizer, function and a real database engine, beside the tutorials' stacks. */
export async function endToEnd(rounds: number): Promise<EndToEnd> {
  const ours = await startOurs()
  const servers: Server[] = [ours, ...(await startTutorials())]
  const throughput: Record<string, Figures> = {}
  const p99: Record<string, Figures> = {}
  try {
    for (const request of requests)
      for (const count of connections) {
        const slowest = new Map<string, number[]>(servers.map(({ name }) => [name, []]))
        const subjects = servers.map((server) => ({
          name: server.name,
          measure: async () => {
            const { perSecond, p99 } = await loaded(server, request, count)
            slowest.get(server.name)?.push(p99)
            return perSecond
          },
        }))
        const title = `${request}, ${count}`
        throughput[title] = await interleaved(`${title} connections`, subjects, rounds)
        p99[title] = Object.fromEntries([...slowest].map(([name, all]) => [name, figure(all)]))
      }
    return { throughput, p99, hops: await hops(ours, rounds) }
  } finally {
    for (const server of servers) await server.stop()
  }
}

async function startOurs(): Promise<Ours> {
  const name = 'portcullis'
  const child = fork(join(root, 'bench', 'serve.ts'), ['1'])
  const [started] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${name} did not start`))),
  ])
  const { origin, token, id, dynamodbEndpoint, tables } = started
  return {
    name,
    origin,
    token,
    collection: '/api/v1/pupils',
    item: `/api/v1/pupils/${id}`,
    engine: dynamodbEndpoint,
    pupilsTable: tables.find(([logical]: string[]) => /pupil/i.test(logical ?? ''))?.[1],
    itemId: id,
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

let created = 0

/** Two seconds of requests. */
function loaded(server: Server, request: (typeof requests)[number], count: number) {
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' }
  const url = server.origin + (request === 'read' ? server.item : server.collection)
  const sent: Sent =
    request === 'create'
      ? { url, headers, method: 'POST', body: pupil }
      : { url, headers, method: 'GET' }
  return load(sent, count, 2000)
}

/** Each has another e-mail address. */
function pupil(): string {
  const email = `load-${process.pid}-${created++}@example.org`
  return JSON.stringify({ name: 'Ada Lovelace', email, rollNo: '42', age: 36 })
}

/** One request after the other, so that none waits for another. */
async function hops(ours: Ours, rounds: number): Promise<Figures> {
  const headers = { authorization: `Bearer ${ours.token}` }
  const get = (name: string, path: string) =>
    timed(name, async () => {
      await (await fetch(ours.origin + path, { headers })).arrayBuffer()
    })
  const body = {
    TableName: ours.pupilsTable,
    Key: { id: { S: ours.itemId } },
    ConsistentRead: true,
  }
  return interleaved(
    'hops',
    [
      timed('database engine, one read', () => callEngine(ours.engine, 'GetItem', body)),
      get('gateway alone', '/nothing/is/here'),
      get('+ function', '/api/v1/public'),
      get('+ authorizer, session and item read', ours.item),
    ],
    rounds,
  )
}

function timed(name: string, call: () => Promise<void>) {
  return {
    name,
    measure: async () => {
      const start = performance.now()
      for (let done = 0; done < 200; done++) await call()
      return rounded((performance.now() - start) / 200)
    },
  }
}
