import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join, relative } from 'node:path'
import { Failure } from './failure.ts'
import type { Runner } from './runner.ts'

/** Where `npm run admin` finds a running `npm start`: relative, as a socket's path must be short. */
function operatorSocket(dataDir: string): string {
  return relative(process.cwd(), join(dataDir, 'operator.sock'))
}

/**
 * Lets the operator invoke the functions of this runner, as IAM does on AWS: through a socket that
 * only the user who started the runner may open. No network leads there.
 * @returns the function that ends it
 */
export async function serveOperator(runner: Runner, dataDir: string): Promise<() => Promise<void>> {
  const path = operatorSocket(dataDir)
  const server = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    try {
      const { function: name, event } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      answer.end(JSON.stringify({ result: await runner.invoke(name, event) }))
    } catch (error) {
      answer.end(JSON.stringify({ error: (error as Error).message }))
    }
  })
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // Left over by a runner that was killed.
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
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
  const { result, error } = await new Promise<{ result?: unknown; error?: string }>(
    (resolve, reject) => {
      const outgoing = request(
        { socketPath: operatorSocket(dataDir), method: 'POST' },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8'))))
        },
      )
      outgoing.on('error', () =>
        reject(
          new Failure('no `npm start` is running here (one that is --ephemeral cannot be reached)'),
        ),
      )
      outgoing.end(JSON.stringify({ function: name, event }))
    },
  )
  if (error !== undefined) throw new Failure(error)
  return result
}
