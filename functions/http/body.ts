import httpJsonBodyParser from '@middy/http-json-body-parser'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import type * as z from 'zod'
import { OAuthError } from '../model/oauth-error.ts'
import { invalid, Problem } from '../model/problems.ts'
import type { Route } from '../model/route.ts'
import { faults } from '../model/validation.ts'
import { isForm, parseForm } from './form.ts'
import { header } from './request.ts'

/** The largest request body, bytes. */
export const maxBodyBytes = 100 * 1024

/** RFC 8259, and the suffix of RFC 6839. */
const jsonMediaType = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json[\t ]*(?:;|$)/i
const utf8 = new TextDecoder('utf-8', { fatal: true })
const parser = httpJsonBodyParser({ disableContentTypeCheck: true })

interface ParsedBody {
  readonly body: unknown
  readonly rawBody: Uint8Array
}

/**
 * Reads the body as the route's schema says.
 * @throws Problem 413, 415, 400 or 422, in this order, the last with all faults
 */
export function parseBody(event: APIGatewayProxyEvent, route: Route): ParsedBody {
  const rawBody = bytes(event)
  if (rawBody.length > maxBodyBytes)
    throw new Problem('payload_too_large', `The body may have at most ${maxBodyBytes} bytes.`)
  const encoding = header(event, 'Content-Encoding')?.trim() ?? ''
  if (rawBody.length > 0 && !/^(?:identity)?$/i.test(encoding))
    throw new Problem('unsupported_media_type', 'The body must not be compressed.')
  if (route.form && route.body) {
    if (rawBody.length > 0 && !isForm(header(event, 'Content-Type') ?? ''))
      throw new Problem(
        'unsupported_media_type',
        'The body must be a form: application/x-www-form-urlencoded.',
      )
    return { body: parseForm(formText(rawBody), parametersOf(route.body())), rawBody }
  }
  if (rawBody.length === 0) {
    if (!route.body || route.bodyOptional) return { body: undefined, rawBody }
    throw new Problem('bad_request', 'A JSON body is required.')
  }
  if (!jsonMediaType.test(header(event, 'Content-Type') ?? ''))
    throw new Problem('unsupported_media_type', 'The body must be JSON.')
  const sent = json(rawBody)
  // A client that sends an object with everything may do so here, too.
  if (!route.body) return { body: undefined, rawBody }
  const parsed = route.body().safeParse(sent)
  if (!parsed.success) throw invalid(...faults(parsed.error.issues))
  return { body: parsed.data, rawBody }
}

/** The names of a form's parameters, which its schema declares. */
function parametersOf(schema: z.ZodType): string[] {
  return Object.keys((schema as z.ZodObject).shape)
}

function formText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new OAuthError('invalid_request', 'The body is not valid UTF-8.')
  }
}

const nothing = new Uint8Array()

function bytes({ body, isBase64Encoded }: APIGatewayProxyEvent): Uint8Array {
  return body ? Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') : nothing
}

function json(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  const request = { event: { headers: {}, body: text as unknown, isBase64Encoded: false } }
  try {
    parser.before?.(request as never)
  } catch {
    throw new Problem('bad_request', isJson(text) ? pollution : 'The body is not well-formed JSON.')
  }
  return request.event.body
}

/** What the parser refuses beside malformed JSON: it could reach the prototype of all objects. */
const pollution =
  'The body must not have a member `__proto__`, nor a `constructor` with a `prototype`.'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Problem('bad_request', 'The body is not valid UTF-8.')
  }
}
