import type { APIGatewayProxyEvent } from 'aws-lambda'
import { optional, variables } from '../config/environment.ts'

/** On every answer, the gateway's own included. */
export const securityHeaders = {
  'Cache-Control': 'no-store, no-transform',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const

/** Answer headers that scripts of an allowed origin may read. */
export const exposedHeaders =
  'ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id'

const allowedOrigins = new Set(
  (optional(variables.allowedOrigins) ?? '').split(' ').filter(Boolean),
)

export function isAllowedOrigin(origin: string): boolean {
  return allowedOrigins.has(origin)
}

/**
 * The CORS headers (Fetch standard, section 3.3) for a request from this origin. Keys and metadata
 * may be read by everybody.
 */
export function corsHeaders(
  { resource, path }: Pick<APIGatewayProxyEvent, 'resource' | 'path'>,
  origin: string | undefined,
): Record<string, string> {
  // The path is as it was sent, perhaps with escapes; the resource of an unknown one names nothing.
  const isForEverybody = [resource, path].some((one) => /^\/\.well-known(?:\/|$)/.test(one))
  if (isForEverybody) return { 'Access-Control-Allow-Origin': '*' }
  if (allowedOrigins.size === 0) return {}
  if (!origin || !allowedOrigins.has(origin)) return { Vary: 'Origin' }
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    // For the cookie of the refresh token, which counts from these origins alone.
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': exposedHeaders,
  }
}

/**
 * What a preflight is told: methods and headers for an allowed origin, nothing otherwise.
 * @param cors what the answer itself says of origins
 */
export function preflightHeaders(
  cors: Readonly<Record<string, string>>,
  methods: readonly string[],
): Readonly<Record<string, string>> {
  if (!cors['Access-Control-Allow-Origin']) return cors
  return {
    ...cors,
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers':
      'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match',
    'Access-Control-Max-Age': '7200',
  }
}
