import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../clock.ts'
import type { ApiModel } from '../model.ts'
import type { Exchange } from './exchange.ts'

/** What is known of a request before anything of it has been looked at. */
export function newExchange(api: ApiModel, incoming: IncomingMessage, clock: Clock): Exchange {
  const { rawHeaders, url = '/', method = 'GET' } = incoming
  const headers: Exchange['headers'] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  const target = originForm(url)
  const question = target.indexOf('?')
  const given = incoming.headers['x-amzn-trace-id']
  const startedAt = clock.now()
  const root = `Root=1-${Math.floor(startedAt / 1000).toString(16)}-${randomBytes(12).toString('hex')}`
  return {
    ...blank(api, incoming.socket.remoteAddress, startedAt),
    traceId: typeof given === 'string' && given.includes('Root=') ? given : root,
    method,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    protocol: `HTTP/${incoming.httpVersion}`,
    headers,
  }
}

/** The exchange of something that is no HTTP request. */
export function unreadableExchange(api: ApiModel, sourceIp: string, clock: Clock): Exchange {
  return blank(api, sourceIp, clock.now())
}

/** `http://127.0.0.1:3000/a?b` means `/a?b`: RFC 9112 section 3.2.2. */
export function originForm(target: string): string {
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? []
  if (rest === undefined) return target
  return rest.startsWith('/') ? rest : `/${rest}`
}

function blank(api: ApiModel, sourceIp: string | undefined, startedAt: number): Exchange {
  return {
    api,
    requestId: randomUUID(),
    extendedRequestId: `${randomBytes(11).toString('base64url')}=`,
    traceId: '',
    startedAt,
    started: performance.now(),
    method: 'GET',
    path: '/',
    query: '',
    protocol: 'HTTP/1.1',
    sourceIp: (sourceIp ?? '').replace(/^::ffff:/, ''),
    headers: [],
    route: undefined,
    parameters: undefined,
    authorizer: undefined,
    authorizerLatency: undefined,
    integrationLatency: undefined,
    integrationStatus: undefined,
    error: undefined,
    status: 0,
    responseLength: 0,
  }
}
