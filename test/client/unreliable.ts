import { createServer, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request on its way. */
export type Fate = 'passes' | 'is lost' | 'loses its answer' | 'loses half of its answer'

/** A connection to the API that is cut where a test says so. */
export interface Unreliable {
  readonly origin: string
  /** Every request that came, `POST /api/v1/pupils`, with its headers. */
  readonly seen: { readonly call: string; readonly headers: IncomingMessage['headers'] }[]
  stop(): void
}

/** Passes requests on to a server; `fate` is asked about each. */
export async function unreliable(
  target: string,
  fate: (call: string, headers: IncomingMessage['headers']) => Fate = () => 'passes',
): Promise<Unreliable> {
  const seen: Unreliable['seen'] = []
  const server = createServer((incoming, outgoing) => {
    const call = `${incoming.method} ${incoming.url}`
    const meets = fate(call, incoming.headers)
    seen.push({ call, headers: incoming.headers })
    if (meets === 'is lost') {
      incoming.socket.destroy()
      return
    }
    const { method = 'GET', headers } = incoming
    const options: RequestOptions = { method, headers: { ...headers, host: new URL(target).host } }
    const passed = request(`${target}${incoming.url}`, options, async (answer) => {
      const parts: Buffer[] = []
      for await (const part of answer) parts.push(part as Buffer)
      const body = Buffer.concat(parts)
      if (meets === 'loses its answer') {
        incoming.socket.destroy()
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      if (meets === 'passes') outgoing.end(body)
      else outgoing.write(body.subarray(0, body.length / 2), () => incoming.socket.destroy())
    })
    passed.on('error', () => incoming.socket.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
