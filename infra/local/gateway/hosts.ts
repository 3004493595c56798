import type { IncomingMessage, ServerResponse } from 'node:http'
import { ownHeaders } from '../own-headers.ts'

/** The names that the runner answers to. Any other is a web page's own for this machine. */
const ownHosts = new Set(['127.0.0.1', 'localhost'])

/**
 * Refuses a request for any host but this machine, so that no page can read what it serves by a
 * name of its own that resolves to 127.0.0.1 ("DNS rebinding").
 * @returns whether it did
 */
export function refuseForeignHost(incoming: IncomingMessage, answer: ServerResponse): boolean {
  const hosts = incoming.headersDistinct.host ?? []
  const [, authority = hosts[0] ?? ''] = /^https?:\/\/([^/?#]*)/i.exec(incoming.url ?? '') ?? []
  // RFC 9112 section 3.2: exactly one, even where the target names a host of its own.
  if (hosts.length !== 1) return problem(answer, 400, 'Bad Request', 'one Host header is needed')
  const name = authority.replace(/:\d*$/, '').toLowerCase()
  if (ownHosts.has(name)) return false
  const detail = 'this server answers to 127.0.0.1 and localhost alone'
  return problem(answer, 421, 'Misdirected Request', detail)
}

function problem(answer: ServerResponse, status: number, title: string, detail: string): true {
  const headers = ownHeaders()
  const requestId = headers['X-Request-Id']
  const body = { type: 'about:blank', title, status, detail, code: 'bad_request', requestId }
  answer
    .writeHead(status, { ...headers, 'Content-Type': 'application/problem+json' })
    .end(JSON.stringify(body))
  return true
}
