import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Failure } from '../../failure.ts'
import { createServer, STATUS_CODES } from '../http.ts'
import { type Log, platformLog } from '../logs.ts'
import type { Gateway } from './gateway.ts'
import { refuseForeignHost } from './hosts.ts'

export interface GatewayServer {
  readonly port: number
  /** Serves with this gateway from now on, requests included that have been waiting for one. */
  serve(gateway: Gateway): void
  /** Lets the requests in flight end, for at most `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** What the runner itself serves, beside the API. Answers whether a request was for it. */
export type OwnPages = (incoming: IncomingMessage, answer: ServerResponse) => boolean

/**
 * Takes the port at once, so that the address is known and a taken port is told early; requests
 * wait until there is a gateway to serve them.
 */
export async function startGatewayServer(
  port: number,
  log: Log,
  servedByUs: OwnPages,
): Promise<GatewayServer> {
  const first = Promise.withResolvers<Gateway>()
  let gateway: Gateway | undefined

  const server = createServer({ requireHostHeader: false, maxHeaderSize: 32_768 })
  // A client that is busy for some seconds may still send on a connection that it has kept.
  server.keepAliveTimeout = 5 * 60_000
  const handle = async (incoming: IncomingMessage, answer: ServerResponse) => {
    if (refuseForeignHost(incoming, answer)) return
    try {
      const ready = gateway ?? (await first.promise)
      if (!servedByUs(incoming, answer)) await ready.handle(incoming, answer)
    } catch (error) {
      // A client that goes away in the middle of its request is no fault of the gateway.
      if (!incoming.destroyed || incoming.complete) {
        const { stack, message } = error as Error
        platformLog(log, 'ERROR', `the gateway failed: ${stack ?? message}`)
      }
      answer.destroy()
    }
  }
  server.on('request', handle)
  // RFC 9110 section 10.1.1 lets a server ignore an expectation that it does not know.
  server.on('checkExpectation', handle)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (gateway === undefined || error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
    const kind = tooLarge ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST_PARAMETERS'
    const { status, headers, body } = gateway.unreadable(kind, socket.remoteAddress ?? '')
    const lines = [...headers, ['Content-Length', body.length], ['Connection', 'close']]
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`)
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      const remedy = 'stop what listens there, or choose another one with PORT=… or --port'
      reject(new Failure(taken ? `port ${port} is taken: ${remedy}` : error.message))
    })
    server.listen(port, '127.0.0.1', resolve)
  })

  return {
    port: (server.address() as AddressInfo).port,
    serve(next) {
      gateway = next
      first.resolve(next)
    },
    stop: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs)
        // A connection that is kept alive becomes idle only when its request has been answered.
        const closing = setInterval(() => server.closeIdleConnections(), 20)
        server.close(() => {
          clearTimeout(timer)
          clearInterval(closing)
          resolve()
        })
      }),
  }
}
