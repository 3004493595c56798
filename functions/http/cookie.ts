import type { APIGatewayProxyEvent } from 'aws-lambda'
import { issuerOfRequest } from '../auth/tokens/issuer.ts'
import { Problem } from '../model/problems.ts'
import { isAllowedOrigin } from './headers.ts'
import { header, type Request } from './request.ts'

type Sender = Pick<Request, 'header' | 'gateway'>

/** The prefix binds it to this host, over https, for all paths (RFC 6265bis section 4.1.3.2). */
const name = '__Host-refresh'
const attributes = 'HttpOnly; Secure; SameSite=Strict; Path=/'

/**
 * The refresh token of the request's cookie, where it counts: never on another site's behalf.
 * Browsers say where a request comes from; other clients say nothing, and have no ambient cookies.
 */
export function refreshCookie(event: APIGatewayProxyEvent): string | undefined {
  if (header(event, 'Origin') === undefined) {
    const site = header(event, 'Sec-Fetch-Site')
    if (site !== undefined && site !== 'same-origin') return undefined
  }
  const pairs = (header(event, 'Cookie') ?? '').split(/[;,]/).map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || undefined
}

/** @throws Problem 403 for a page of an origin that is not allowed; the API's own is */
export function requireAllowedOrigin({ header: read, gateway }: Sender): void {
  const origin = read('Origin')
  if (origin === undefined || isAllowedOrigin(origin)) return
  if (origin === new URL(issuerOfRequest(gateway)).origin) return
  throw new Problem('forbidden', 'This origin may not use the cookie.')
}

/** Sets the cookie, until its session ends. */
export function setCookie(refreshToken: string, seconds: number): Record<string, string> {
  return { 'Set-Cookie': `${name}=${refreshToken}; Max-Age=${seconds}; ${attributes}` }
}

export function clearCookie(): Record<string, string> {
  return { 'Set-Cookie': `${name}=; Max-Age=0; ${attributes}` }
}
