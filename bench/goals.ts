import { peers } from './bundles.ts'
import type { Goal, Results } from './results.ts'
import { type Figures, ratio } from './rounds.ts'

type Measured = Omit<Results, 'goals'>

/** The goals of this project, and whether a run reaches them. */
export function goals(measured: Measured): Goal[] {
  return [
    ...bundles(measured),
    ...coldStart(measured.coldStart.ready),
    ...invocation(measured.invocation.read ?? {}),
    ...wholeRequest(measured.wholeRequest),
    ...authorization(measured),
    ...endToEnd(measured),
  ]
}

function atMost(what: string, measured: number, limit: number): Goal {
  return { what, limit, measured, met: measured <= limit }
}

function bundles({ bundleBytes }: Measured): Goal[] {
  return Object.entries(bundleBytes).map(([name, bytes]) =>
    atMost(`bundle of ${name}, kB`, Math.round(bytes / 1000), name === 'authorizer' ? 260 : 400),
  )
}

function coldStart(ready: Figures): Goal[] {
  const floor = 'empty handler'
  const resource = 'pupils'
  return [
    atMost('cold start: authorizer to an empty handler', ratio(ready, 'authorizer', floor), 2),
    atMost('cold start: resource function to an empty handler', ratio(ready, resource, floor), 2.5),
    atMost('cold start: resource function to Express', ratio(ready, resource, 'express'), 0.5),
    atMost('cold start: resource function to Nest', ratio(ready, resource, 'nest'), 0.33),
    atMost('cold start: resource function to Hono', ratio(ready, resource, 'hono'), 1),
    atMost('cold start: resource function to Fastify', ratio(ready, resource, 'fastify'), 1),
  ]
}

function invocation(read: Figures): Goal[] {
  const ours = 'portcullis, its pipeline'
  return [
    atMost('invocation: pipeline to middy with six middlewares', ratio(read, ours, 'middy'), 1.2),
    ...peers.map((name) =>
      atMost(`invocation: pipeline to ${name}`, ratio(read, ours, name), 0.25),
    ),
  ]
}

function wholeRequest(figures: Figures): Goal[] {
  return peers.map((name) =>
    atMost(
      `whole request: to ${name} that checks the session too`,
      ratio(figures, 'portcullis', `${name} + session`),
      0.8,
    ),
  )
}

function authorization({ authorization, tokens }: Measured): Goal[] {
  const read = authorization['session read']?.median ?? Number.NaN
  const raw = tokens.ES256?.verify['node:crypto, the signature alone']?.median ?? Number.NaN
  const fresh = authorization['new token']?.median ?? Number.NaN
  return [
    atMost(
      'authorizer: a token seen before to the session read alone',
      ratio(authorization, 'token seen before', 'session read'),
      1.2,
    ),
    atMost(
      'authorizer: a new token to node:crypto and the session read',
      Number((fresh / (read + raw)).toPrecision(3)),
      1.3,
    ),
  ]
}

function endToEnd({ endToEnd }: Measured): Goal[] {
  const limit = 1
  return Object.entries(endToEnd.throughput).flatMap(([what, figures]) => {
    if (!figures['Flask + Postgres, gunicorn']) return []
    const measured = ratio(figures, 'portcullis', 'Flask + Postgres, gunicorn')
    return [
      {
        what: `end to end: requests a second to Flask + Postgres (${what} connections), at least`,
        limit,
        measured,
        met: measured >= limit,
      },
    ]
  })
}
