import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../infra/bundle.ts'
import { type Bar, barChart, type Line, lineChart } from './charts.ts'
import { requests } from './parts/end-to-end.ts'
import type { Results } from './results.ts'
import type { Figures } from './rounds.ts'

const directory = join(root, 'bench', 'plots')

const requestNames = { read: 'GET one', list: 'GET a list of 25', create: 'POST' } as const

const operationNames = {
  login: 'login',
  delete: 'DELETE',
  create: 'POST',
  patch: 'PATCH',
  list: 'GET a list of 25',
  read: 'GET one',
  refresh: 'refresh',
} as const

/** Draws what was measured into bench/plots. */
export async function drawPlots(results: Results): Promise<void> {
  mkdirSync(directory, { recursive: true })
  for (const [name, draw] of Object.entries(plots))
    writeFileSync(join(directory, `${name}.svg`), await draw(results))
}

type Plot = (results: Results) => Promise<string>

/** Draws each plot, by the name of its file. */
export const plots: Readonly<Record<string, Plot>> = {
  'cold-start': (results) =>
    barChart(
      {
        title: 'Cold start, with the same AWS client in all',
        subtitle: [
          'From the start of the process; beside our authorizer each answers an authenticated GET.',
          'A cold request to Portcullis starts two functions: the authorizer, then the resource.',
          conditions(results),
        ],
        panels: [
          ['Until the handler is ready', results.coldStart.ready] as const,
          ['Until the first answer', results.coldStart.answered] as const,
        ].map(([title, figures]) => ({
          title,
          bars: bars(figures, [
            ['empty handler', 'Node with an empty handler', 'floor'],
            ['authorizer', 'Portcullis, the authorizer', 'ours'],
            ['pupils', 'Portcullis, a resource', 'ours'],
            ...frameworks(''),
          ]),
        })),
      },
      'ms',
    ),

  invocation: (results) =>
    barChart(
      {
        title: 'CPU time of one invocation, without database, log line and authentication',
        subtitle: ['Beyond parsing the event.', conditions(results)],
        panels: Object.entries(requestNames).map(([operation, title]) => ({
          title,
          bars: bars(results.invocation[operation], [
            ['bare handler', 'No framework, no validation', 'floor'],
            ['middy', 'middy, six HTTP middlewares', 'peer'],
            ['portcullis, its pipeline', 'Portcullis, the same work as the others', 'ours'],
            ['portcullis, the function', 'Portcullis, all of its work', 'ours'],
            ...frameworks(''),
          ]),
        })),
      },
      'µs',
    ),

  'whole-request': (results) =>
    barChart(
      {
        title: 'CPU time of a whole authenticated GET, with the AWS SDK in all',
        subtitle: [
          'From the event to the answer, with a database in another process.',
          conditions(results),
        ],
        panels: [
          {
            title:
              'A revoked token is refused at once: verify the token, read its session, read the item',
            bars: bars(results.wholeRequest, [
              ['portcullis', 'Portcullis', 'ours'],
              ...frameworks(' + session'),
            ]),
          },
          {
            title: 'A token is good until it expires: verify the token, read the item',
            bars: bars(results.wholeRequest, [
              ['bare', 'No framework, no token verified', 'floor'],
              ...frameworks(''),
            ]),
          },
        ],
      },
      'µs',
    ),

  tokens: (results) =>
    barChart(
      {
        title: 'CPU time of an ES256 access token',
        subtitle: [
          'jose, and so Portcullis, uses Web Crypto, which works in a thread of its own; the others call node:crypto.',
          conditions(results),
        ],
        panels: (['verify', 'sign'] as const).map((act) => ({
          title: act === 'verify' ? 'Verify' : 'Sign',
          bars: bars(results.tokens.ES256?.[act], [
            ['node:crypto, the signature alone', 'node:crypto, the signature alone', 'floor'],
            ['portcullis', 'Portcullis', 'ours'],
            ['portcullis, seen before', 'Portcullis, a token seen before', 'ours'],
            ['jose', 'jose', 'peer'],
            ['fast-jwt', 'fast-jwt', 'peer'],
            ['jsonwebtoken', 'jsonwebtoken', 'peer'],
            ['aws-jwt-verify', 'aws-jwt-verify', 'peer'],
          ]),
        })),
      },
      'µs',
    ),

  'end-to-end': (results) =>
    barChart(
      {
        title: 'Requests a second, 16 connections, one worker each',
        subtitle: [
          'Portcullis on the local runner: gateway, IAM, two functions, a session read, a database in a process of its own.',
          'The tutorials: one process that verifies a token with a shared key, and the database that is named.',
          conditions(results),
        ],
        panels: requests.map((request) => ({
          title: requestNames[request],
          bars: bars(
            results.endToEnd.throughput[`${request}, 16`],
            [
              ['portcullis', 'Portcullis', 'ours'],
              ['Flask + Postgres, gunicorn', 'Flask, PostgreSQL', 'peer'],
              ['Falcon + SQLite, gunicorn', 'Falcon, SQLite in memory', 'peer'],
              ['FastAPI, uvicorn', 'FastAPI, no database', 'peer'],
              ['Flask-RESTful, gunicorn', 'Flask-RESTful, no database', 'peer'],
            ],
            (name) => `p99 ${results.endToEnd.p99[`${request}, 16`]?.[name]?.median} ms`,
          ),
        })),
      },
      '/s',
    ),

  'cost-curve': ({ costCurve: { items, costs } }) =>
    lineChart(
      {
        title: 'DynamoDB capacity units of an operation, while the table grows',
        subtitle: ['Counted, not timed; reads and writes together, and the read of the session.'],
        panels: Object.entries(costs).map(([shards, operations]) => ({
          title: `The list index in ${shards === '1 shards' ? 'one partition' : '16 shards'}`,
          lines: merged(
            Object.entries(operationNames).map(([operation, label]) => ({
              label,
              points: (operations[operation] ?? []).map(({ readUnits, writeUnits }, index) => ({
                x: items[index] ?? 0,
                y: readUnits + writeUnits,
              })),
            })),
          ),
        })),
      },
      { title: 'items in the table', logarithmic: true },
    ),
}

function conditions({ machine, node, rounds }: Results): string {
  return `${machine}, Node ${node}; medians of ${rounds} rounds, the line spans the quartiles.`
}

type Row = readonly [name: string, label: string, kind: Bar['kind']]

function frameworks(suffix: string): Row[] {
  return [
    [`hono${suffix}`, 'Hono', 'peer'],
    [`express${suffix}`, 'Express, serverless-http', 'peer'],
    [`fastify${suffix}`, 'Fastify, @fastify/aws-lambda', 'peer'],
    [`nest${suffix}`, 'Nest, serverless-http', 'peer'],
  ]
}

/** The rows that were measured. */
function bars(figures: Figures = {}, rows: readonly Row[], note?: (name: string) => string): Bar[] {
  return rows.flatMap(([name, label, kind]) => {
    const { median: value, low, high } = figures[name] ?? {}
    if (value === undefined || low === undefined || high === undefined) return []
    return [{ label, kind, value, low, high, ...(note && { note: note(name) }) }]
  })
}

/** Merges lines with the same points into one, which has all their names. */
function merged(lines: readonly Line[]): Line[] {
  const alike = Map.groupBy(lines, ({ points }) => JSON.stringify(points))
  return [...alike.values()].map((some) => ({
    label: some.map(({ label }) => label).join(', '),
    points: some[0]?.points ?? [],
  }))
}
