import httpJsonBodyParser from '@middy/http-json-body-parser'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { invalid, Problem } from './problems.ts'
import { header } from './request.ts'
import type { Route } from './route.ts'
import { faults } from './validation.ts'

/** The largest request body, bytes. */
export const maxBodyBytes = 100 * 1024

const parser = httpJsonBodyParser()
const utf8 = new TextDecoder('utf-8', { fatal: true })

export interface ParsedBody {
  readonly body: unknown
  readonly rawBody: string
}

/**
 * Reads the body as the route's schema says.
 * @throws Problem 413, 415, 400 or 422, in this order, the last with all faults
 */
export function parseBody(event: APIGatewayProxyEvent, route: Route): ParsedBody {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > maxBodyBytes)
    throw new Problem('payload_too_large', `The body may have ${maxBodyBytes} bytes.`)
  if (!route.body) return { body: undefined, rawBody: '' }
  if (bytes.length === 0) {
    if (route.bodyOptional) return { body: undefined, rawBody: '' }
    if (!header(event, 'Content-Type')) throw new Problem('bad_request', 'A JSON body is required.')
  }
  const rawBody = decode(event, bytes)
  const parsed = route.body.safeParse(json(event, rawBody))
  if (!parsed.success) throw invalid(...faults(parsed.error.issues))
  return { body: parsed.data, rawBody }
}

/** Invalid UTF-8 is told apart only after the media type, which the parser checks. */
function decode(event: APIGatewayProxyEvent, bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    json(event, '""')
    throw new Problem('bad_request', 'The body is not valid UTF-8.')
  }
}

function json(event: APIGatewayProxyEvent, text: string): unknown {
  const request = {
    event: {
      headers: { 'content-type': header(event, 'Content-Type') ?? '' },
      body: text as unknown,
      isBase64Encoded: false,
    },
  }
  try {
    parser.before?.(request as unknown as Parameters<NonNullable<typeof parser.before>>[0])
    return request.event.body
  } catch (error) {
    throw parserProblem(
      error as { statusCode?: number; message: string; cause?: { data?: unknown } },
    )
  }
}

/** The parser says 422 both to text that is not JSON and to keys that could pollute a prototype. */
function parserProblem(error: {
  statusCode?: number
  message: string
  cause?: { data?: unknown }
}): Problem {
  if (error.statusCode === 415) return new Problem('unsupported_media_type')
  if (error.message.startsWith('Forbidden key'))
    return invalid({ pointer: `/${error.cause?.data}`, detail: 'is not a known field' })
  return new Problem('bad_request', 'The body is not well-formed JSON.')
}
