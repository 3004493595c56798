import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Agent as HttpAgent } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../failure.ts'
import { makePrivate } from '../files.ts'
import { Agent, request } from '../http.ts'

/** A running DynamoDB engine. */
export interface Engine {
  readonly endpoint: string
  readonly hostname: string
  readonly port: number
  readonly agent: HttpAgent
  /** Calls the engine itself, past permissions and fault injection. */
  call(operation: string, body: object): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

/** An answer of the engine that is not 200. */
export class EngineError extends Error {
  override name = 'EngineError'
  readonly type: string
  constructor(type: string, message: string) {
    super(`${type}: ${message}`)
    this.type = type
  }
}

const streams = new Set(['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords'])

/**
 * Starts the dynoxide engine and waits until it answers; with `dataDir` it keeps the data there.
 * `AWS_ENDPOINT_URL_DYNAMODB` names a running engine to use instead.
 */
export async function startEngine(dataDir?: string): Promise<Engine> {
  const given = process.env.AWS_ENDPOINT_URL_DYNAMODB
  if (given) {
    const engine = connect(new URL(given), async () => {})
    await untilItAnswers(engine, () => undefined)
    return engine
  }
  const binary = findBinary()
  if (dataDir !== undefined) makePrivate(dataDir)
  const data = dataDir === undefined ? [] : ['--db-path', join(dataDir, 'dynamodb.sqlite')]
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOwn(binary, data)
    } catch (error) {
      // Another process took the port, which had been free, first.
      if (attempt === 5 || !(error as Error).message.includes('already in use')) throw error
    }
  }
}

async function startOwn(binary: string, data: readonly string[]): Promise<Engine> {
  const { host, port } = await hiddenAddress()
  const child = spawnWithUs(binary, ['serve', '--host', host, '--port', `${port}`, ...data])
  let message = ''
  let exited: number | undefined
  child.stderr?.on('data', (chunk: Buffer) => {
    message = `${message}${chunk}`.slice(-500)
  })
  const end = new Promise<void>((resolve) => {
    child.on('exit', (status) => {
      exited = status ?? 1
      resolve()
    })
  })
  const engine = connect(new URL(`http://${host}:${port}`), async () => {
    child.stdin?.end()
    await end
  })
  await untilItAnswers(engine, () => (exited === undefined ? undefined : message.trim()))
  return engine
}

function findBinary(): string {
  const name = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide'
  const platform = `${process.platform}-${process.arch}`
  const root = fileURLToPath(new URL('../../../node_modules/@dynoxide/', import.meta.url))
  const directories = [join(root, platform), ...(process.env.PATH ?? '').split(delimiter)]
  const found = directories.map((directory) => join(directory, name)).find(existsSync)
  if (found !== undefined) return found
  throw new Failure(
    `no DynamoDB engine for ${platform}. Either install dynoxide (npm i -D @dynoxide/${platform}, ` +
      'or a dynoxide binary on the PATH), or start any other engine, such as DynamoDB Local, and ' +
      'set AWS_ENDPOINT_URL_DYNAMODB to its address.',
  )
}

/**
 * The engine must end with the runner, even when that is killed with SIGKILL: a shell waits for the
 * pipe on its standard input, which the system closes when the runner dies. It has a process group
 * of its own, so that Ctrl-C in a terminal does not end it before the last request.
 */
function spawnWithUs(binary: string, parameters: string[]): ChildProcess {
  const script = [
    // What it makes is for this user alone.
    'umask 077',
    'exec 3<&0',
    '"$0" "$@" 3<&- >/dev/null & engine=$!',
    '(cat <&3 >/dev/null; kill "$engine") 2>/dev/null &',
    'wait "$engine"',
  ].join('\n')
  return spawn('sh', ['-c', script, binary, ...parameters], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
}

/**
 * The engine takes any credentials and lets any web page read its answers, so it must not be found.
 * All of 127.0.0.0/8 is this machine on Linux and Windows: 2^24 addresses with 2^16 ports each are
 * too many for a page to try. Elsewhere a free port of 127.0.0.1 has to do. Other users of the
 * machine can list open ports.
 */
async function hiddenAddress(): Promise<{ host: string; port: number }> {
  const whole = process.platform === 'linux' || process.platform === 'win32'
  const part = () => randomInt(1, 255)
  const host = whole ? `127.${part()}.${part()}.${part()}` : '127.0.0.1'
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return { host, port }
}

async function untilItAnswers(engine: Engine, exited: () => string | undefined): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const message = exited()
    if (message !== undefined) throw new Failure(`the DynamoDB engine ended: ${message}`)
    try {
      await engine.call('ListTables', {})
      return
    } catch (error) {
      if (performance.now() > deadline) {
        const reason = (error as Error).message
        throw new Failure(`the DynamoDB engine at ${engine.endpoint} does not answer: ${reason}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

function connect(url: URL, stop: () => Promise<void>): Engine {
  const agent = new Agent({ keepAlive: true })
  const { hostname } = url
  const port = Number(url.port || 80)
  return {
    endpoint: url.origin,
    hostname,
    port,
    agent,
    async stop() {
      agent.destroy()
      await stop()
    },
    call: (operation, body) =>
      new Promise((resolve, reject) => {
        const service = streams.has(operation) ? 'DynamoDBStreams' : 'DynamoDB'
        const headers = {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `${service}_20120810.${operation}`,
          'x-amz-date': '20200101T000000Z',
          authorization:
            'AWS4-HMAC-SHA256 Credential=runner/20200101/us-east-1/dynamodb/aws4_request, ' +
            'SignedHeaders=host, Signature=none',
        }
        const outgoing = request({ hostname, port, agent, method: 'POST', headers }, (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const result = parse(Buffer.concat(chunks))
            if (answer.statusCode === 200) return resolve(result)
            const type = String(result.__type ?? answer.statusCode).replace(/^.*#/, '')
            reject(new EngineError(type, String(result.message ?? result.Message ?? '')))
          })
        })
        outgoing.on('error', reject)
        outgoing.end(JSON.stringify(body))
      }),
  }
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}
