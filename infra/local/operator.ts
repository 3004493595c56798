import { chmodSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join, relative } from 'node:path'
import { Failure } from '../failure.ts'
import { makePrivate } from './files.ts'
import { createServer, request } from './http.ts'
import type { Runner } from './runner.ts'

/** Where `npm run admin` finds a running `npm start`: relative, as a socket's path must be short. */
function operatorSocket(dataDir: string): string {
  return relative(process.cwd(), join(dataDir, 'operator.sock'))
}

export interface OperatorDoor {
  /** Lets the operator's commands through from now on; until then they wait. */
  serve(runner: Pick<Runner, 'invoke'>): void
  close(): Promise<void>
}

/**
 * Lets the operator invoke the functions of a runner, as IAM does on AWS: through a socket that
 * only the user who started the runner may open. No network leads there. The runner that holds the
 * socket holds the data: two runners would write over each other's.
 * @throws Failure when another runner holds the data already
 */
export async function openOperatorDoor(dataDir: string): Promise<OperatorDoor> {
  const path = operatorSocket(dataDir)
  const holder = await ask(path).catch(() => undefined)
  if (holder !== undefined) {
    throw new Failure(
      `\`npm start\` is already running in this checkout (process ${holder.pid}): stop it, or start this one with --ephemeral`,
    )
  }
  const serving = Promise.withResolvers<Pick<Runner, 'invoke'>>()
  const server = createServer(async (incoming, answer) => {
    if (incoming.method === 'GET') return void answer.end(JSON.stringify({ pid: process.pid }))
    try {
      const { function: name, event } = await readJsonBody(incoming)
      const runner = await serving.promise
      answer.end(JSON.stringify({ result: await runner.invoke(String(name), event) }))
    } catch (error) {
      answer.end(JSON.stringify({ error: (error as Error).message }))
    }
  })
  makePrivate(dataDir)
  // Left over by a runner that was killed.
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return {
    serve: (runner) => serving.resolve(runner),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/**
 * Invokes a function of the runner that keeps its data there.
 * @throws Failure when none is running, or when the function fails
 */
export async function invokeLocally(
  dataDir: string,
  name: string,
  event: object,
): Promise<unknown> {
  const sent = { function: name, event }
  const { result, error } = await ask(operatorSocket(dataDir), sent).catch(() => {
    throw new Failure('no `npm start` is running here (one that is --ephemeral cannot be reached)')
  })
  if (error !== undefined) throw new Failure(String(error))
  return result
}

type Json = Record<string, unknown>

function ask(socketPath: string, body?: object): Promise<Json> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const outgoing = request({ socketPath, method }, (answer) => {
      readJsonBody(answer).then(resolve, reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body && JSON.stringify(body))
  })
}

async function readJsonBody(stream: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json
}
