import { validateHeaderName, validateHeaderValue } from '../http.ts'
import type { Reply } from './gateway-responses.ts'
import { isBinary } from './proxy-event.ts'

/**
 * Headers of a function that a REST API passes on under another name.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const remapped = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'host',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'user-agent',
  'www-authenticate',
])

const dropped = new Set(['te', 'trailer', 'transfer-encoding', 'upgrade', 'keep-alive'])

/** The status code of an answer that is not a proxy response is 502; its reason goes to the log. */
export class MalformedResponse extends Error {
  override name = 'MalformedResponse'
}

type Json = Record<string, unknown>

/**
 * Turns a function's result into an answer, or throws MalformedResponse.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
 */
export function proxyResponse(
  result: string,
  binaryMediaTypes: readonly string[],
  accept?: string,
): Reply {
  const value: unknown = JSON.parse(result)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedResponse('the result is not an object')
  }
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = value as Json
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new MalformedResponse(`statusCode is ${JSON.stringify(statusCode)}`)
  }
  if (body !== undefined && body !== null && typeof body !== 'string') {
    throw new MalformedResponse('the body is not a string')
  }
  if (isBase64Encoded !== undefined && typeof isBase64Encoded !== 'boolean') {
    throw new MalformedResponse('isBase64Encoded is not a boolean')
  }
  // The first media type that the client accepts decides whether the answer is binary.
  const decode = isBase64Encoded === true && isBinary(binaryMediaTypes, accept?.split(',')[0])
  return {
    status,
    headers: mergeHeaders(headers, multiValueHeaders),
    body: Buffer.from((body as string | undefined | null) ?? '', decode ? 'base64' : 'utf8'),
  }
}

/** A name in both keeps the values of `multiValueHeaders` and the others of `headers`. */
function mergeHeaders(single: unknown, multi: unknown): Reply['headers'] {
  const merged: Reply['headers'] = []
  for (const [name, values] of entries(multi)) {
    if (!Array.isArray(values)) throw new MalformedResponse(`${name} is not a list`)
    for (const value of values) add(merged, name, value)
  }
  for (const [name, value] of entries(single)) {
    const known = merged.some(([n, v]) => n.toLowerCase() === name.toLowerCase() && v === value)
    if (!known) add(merged, name, value)
  }
  if (!merged.some(([name]) => name.toLowerCase() === 'content-type')) {
    merged.push(['Content-Type', 'application/json'])
  }
  return merged
}

function entries(headers: unknown): [string, unknown][] {
  if (headers === undefined || headers === null) return []
  if (typeof headers !== 'object') throw new MalformedResponse('the headers are not an object')
  return Object.entries(headers)
}

function add(merged: Reply['headers'], name: string, value: unknown): void {
  if (value === null || typeof value === 'object') {
    throw new MalformedResponse(`the value of ${name} is not text`)
  }
  const lower = name.toLowerCase()
  if (dropped.has(lower)) return
  try {
    validateHeaderName(name)
    validateHeaderValue(name, String(value))
  } catch (error) {
    throw new MalformedResponse((error as Error).message)
  }
  merged.push([remapped.has(lower) ? `x-amzn-Remapped-${name}` : name, String(value)])
}
