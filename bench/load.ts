import { Agent, request } from 'node:http'

export interface Sent {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** Makes the body of each request. */
  readonly body?: () => string
}

export interface Load {
  /** Requests a second. */
  readonly perSecond: number
  /** 99 of 100 requests took at most this long, milliseconds. */
  readonly p99: number
}

/**
 * Sends requests for some milliseconds, one after the other on each connection. Opens a new
 * connection where the server has closed one.
 * @throws Error when an answer is not 2xx
 */
export async function load(sent: Sent, connections: number, milliseconds: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const times: number[] = []
  const start = performance.now()
  const connection = async () => {
    while (performance.now() - start < milliseconds) {
      const before = performance.now()
      const status = await once(sent, agent)
      if (status < 200 || status > 299) throw new Error(`${sent.url} answered ${status}`)
      times.push(performance.now() - before)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, connection))
  } finally {
    agent.destroy()
  }
  const elapsed = (performance.now() - start) / 1000
  times.sort((left, right) => left - right)
  return { perSecond: times.length / elapsed, p99: times[Math.floor(times.length * 0.99)] ?? 0 }
}

function once({ url, method, headers, body }: Sent, agent: Agent): Promise<number> {
  const content = body?.()
  const length = content === undefined ? {} : { 'content-length': Buffer.byteLength(content) }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { agent, method, headers: { ...headers, ...length } },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
        answer.on('error', reject)
      },
    )
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // The server has just closed a connection that was kept alive.
      if (outgoing.reusedSocket && error.code === 'ECONNRESET')
        resolve(once({ url, method, headers, ...(body && { body }) }, agent))
      else reject(error)
    })
    outgoing.end(content)
  })
}
