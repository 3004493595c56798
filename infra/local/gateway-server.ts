import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Failure } from './failure.ts'
import type { Gateway } from './gateway.ts'
import { type Log, platformLog } from './logs.ts'

export interface GatewayServer {
  port: number
  /** Serves with this gateway from now on, requests included that have been waiting for one. */
  serve(gateway: Gateway): void
  /** Lets the requests in flight end, for at most `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/**
 * Takes the port at once, so that the address is known and a taken port is told early; requests
 * wait until there is a gateway to serve them.
 */
export async function startGatewayServer(port: number, log: Log): Promise<GatewayServer> {
  const first = Promise.withResolvers<Gateway>()
  let gateway: Gateway | undefined

  const server = createServer({ requireHostHeader: false, maxHeaderSize: 32_768 })
  server.on('request', (incoming: IncomingMessage, answer: ServerResponse) => {
    const handled =
      gateway === undefined
        ? first.promise.then((ready) => ready.handle(incoming, answer))
        : gateway.handle(incoming, answer)
    handled.catch((error: Error) => {
      // A client that goes away in the middle of its request is no fault of the gateway.
      if (!incoming.destroyed || incoming.complete) {
        platformLog(log, 'ERROR', `the gateway failed: ${error.stack ?? error.message}`)
      }
      answer.destroy()
    })
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (gateway === undefined || error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const { status, headers, body } = gateway.malformed(socket.remoteAddress ?? '')
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
