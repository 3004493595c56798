import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Exchange, headerOf } from './exchange.ts'
import type { Reply } from './gateway-responses.ts'

const zip = promisify(gzip)

export function send(exchange: Exchange, reply: Reply, answer: ServerResponse): void {
  const headers: string[] = []
  for (const [name, value] of reply.headers) headers.push(name, value)
  headers.push('x-amzn-RequestId', exchange.requestId)
  headers.push('x-amz-apigw-id', exchange.extendedRequestId)
  headers.push('X-Amzn-Trace-Id', exchange.traceId)
  // A function leaves out the body itself for HEAD, so the length that GET would tell is not known
  // here, and no other may be told (RFC 9110 section 8.6).
  const bodiless = [204, 304].includes(reply.status) || exchange.method === 'HEAD'
  if (!bodiless) headers.push('Content-Length', String(reply.body.length))
  answer.writeHead(reply.status, headers)
  answer.end(bodiless ? undefined : reply.body)
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html */
export function compress(exchange: Exchange, reply: Reply): Reply | Promise<Reply> {
  const { minimumCompressionSize: minimum } = exchange.api
  if (minimum === undefined || reply.body.length < minimum || reply.body.length === 0) return reply
  if (!/\bgzip\b|\*/.test(headerOf(exchange, 'accept-encoding') ?? '')) return reply
  if (reply.headers.some(([name]) => name.toLowerCase() === 'content-encoding')) return reply
  return compressed(reply)
}

async function compressed(reply: Reply): Promise<Reply> {
  const body = await zip(reply.body)
  return { ...reply, headers: [...reply.headers, ['Content-Encoding', 'gzip']], body }
}
