import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../infra/bundle.ts'
import { type Bar, barChart, format, type Kind } from './bars.ts'
import { lineChart } from './lines.ts'
import { requests } from './parts/end-to-end.ts'
import type { Results } from './results.ts'
import type { Figures } from './rounds.ts'

const names: Readonly<Record<string, string>> = {
  express: 'Express + serverless-http',
  fastify: 'Fastify + @fastify/aws-lambda',
  hono: 'Hono',
  nest: 'Nest + serverless-http',
  middy: 'middy, six HTTP middlewares',
  bare: 'bare handler',
}

const requestNames: Readonly<Record<string, string>> = {
  read: 'GET one',
  list: 'GET a list of 25',
  create: 'POST',
}

/** Draws what was measured into bench/plots. */
export function drawPlots(results: Results): void {
  const directory = join(root, 'bench', 'plots')
  mkdirSync(directory, { recursive: true })
  const under = `${results.machine}, Node ${results.node}, medians of ${results.rounds} rounds`
  for (const [name, draw] of Object.entries(plots))
    writeFileSync(join(directory, `${name}.svg`), draw(results, under))
}

type Plot = (results: Results, under: string) => string

const plots: Readonly<Record<string, Plot>> = {
  'cold-start': ({ coldStart: { ready, answered } }, under) =>
    barChart({
      title: 'Cold start: process start to handler ready (light: to the first answer)',
      subtitle: `${under}; the same AWS client in all`,
      unit: 'ms',
      panels: [
        {
          title: 'Functions',
          bars: chosen(ready, [
            ['empty handler', 'floor'],
            ['authorizer', 'ours'],
            ['students', 'ours'],
            ['login', 'ours'],
            ['hono', 'peer'],
            ['express', 'peer'],
            ['fastify', 'peer'],
            ['nest', 'peer'],
          ]).map((bar) => ({ ...bar, beyond: answered[bar.name]?.median })),
        },
      ],
    }),

  invocation: ({ invocation }, under) =>
    barChart({
      title: 'One invocation: CPU time without database, log line and authentication',
      subtitle: `${under}; beyond parsing the event`,
      unit: 'µs',
      panels: Object.entries(invocation).map(([operation, figures]) => ({
        title: requestNames[operation] ?? operation,
        bars: chosen(figures, [
          ['bare', 'floor'],
          ['bare handler', 'floor'],
          ['middy', 'peer'],
          ['portcullis, its pipeline', 'ours'],
          ['portcullis, the function', 'ours'],
          ['hono', 'peer'],
          ['nest', 'peer'],
          ['express', 'peer'],
          ['fastify', 'peer'],
        ]),
      })),
    }),

  'whole-request': ({ wholeRequest, authorization }, under) =>
    barChart({
      title: 'A whole authenticated GET: CPU time with a database in another process',
      subtitle: `${under}; all with the AWS SDK`,
      unit: 'µs',
      panels: [
        {
          title: 'A revoked token is refused at once: token, session read, item read',
          bars: chosen(wholeRequest, [
            ['portcullis', 'ours'],
            ['express + session', 'peer'],
            ['fastify + session', 'peer'],
            ['hono + session', 'peer'],
            ['nest + session', 'peer'],
          ]),
        },
        {
          title: 'A token is good until it expires: token, item read',
          bars: chosen(wholeRequest, [
            ['bare', 'floor'],
            ['express', 'peer'],
            ['fastify', 'peer'],
            ['hono', 'peer'],
            ['nest', 'peer'],
          ]),
        },
        {
          title: 'Our authorizer',
          bars: chosen(authorization, [
            ['session read', 'floor'],
            ['token seen before', 'ours'],
            ['new token', 'ours'],
          ]),
        },
      ],
    }),

  tokens: ({ tokens }, under) =>
    barChart({
      title: 'Access tokens: CPU time of verifying and of signing one',
      subtitle: under,
      unit: 'µs',
      panels: Object.entries(tokens).flatMap(([algorithm, { verify, sign }]) => [
        { title: `${algorithm}, verify`, bars: all(verify) },
        { title: `${algorithm}, sign`, bars: all(sign) },
      ]),
    }),

  'end-to-end': ({ endToEnd: { throughput, p99 } }, under) =>
    barChart({
      title: 'End to end: requests a second, 16 connections, one worker each',
      subtitle: `${under}; ours with gateway rules, authorizer and a real database`,
      unit: '/s',
      panels: requests.map((request) => ({
        title: requestNames[request] ?? request,
        bars: all(throughput[`${request}, 16`] ?? {}).map((bar) => ({
          ...bar,
          note: `p99 ${format(p99[`${request}, 16`]?.[bar.name]?.median ?? 0)} ms`,
        })),
      })),
    }),

  'cost-curve': ({ costCurve: { items, costs } }, under) =>
    lineChart({
      title: 'What an operation costs while the table grows: DynamoDB capacity units',
      subtitle: `${under.split(',')[0]}; the authorizer's read included; counted, not timed`,
      unit: 'units',
      axis: items.map(format),
      panels: Object.entries(costs).map(([shards, operations]) => ({
        title: shards === '1 shards' ? 'one partition of the list index' : `${shards}`,
        series: ['read', 'list', 'create', 'patch', 'delete', 'login', 'refresh'].map((name) => ({
          label: name,
          values: (operations[name] ?? []).map(
            ({ readUnits, writeUnits }) => readUnits + writeUnits,
          ),
        })),
      })),
    }),
}

type Named = Bar & { readonly name: string }

function chosen(figures: Figures, wanted: readonly (readonly [string, Kind])[]): Named[] {
  return wanted.flatMap(([name, kind]) => {
    const figure = figures[name]
    return figure ? [{ ...figure, name, kind, label: label(name) }] : []
  })
}

function all(figures: Figures): Named[] {
  const kind = (name: string): Kind =>
    name.startsWith('portcullis') ? 'ours' : /^node:crypto|the floor$/.test(name) ? 'floor' : 'peer'
  return Object.entries(figures).map(([name, figure]) => ({
    ...figure,
    name,
    kind: kind(name),
    label: label(name),
  }))
}

function label(name: string): string {
  const [first = '', rest] = name.split(' + session')
  return rest === undefined ? (names[name] ?? name) : `${names[first] ?? first} + session`
}
