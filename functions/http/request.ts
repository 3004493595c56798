import type { APIGatewayProxyEvent } from 'aws-lambda'
import { Problem, shownFaults } from '../model/problems.ts'
import type { Route } from '../model/route.ts'
import { faults, unknownField } from '../model/validation.ts'
import type { Principal } from './principal.ts'

/** What a handler gets: checked, parsed and typed by its route. */
export interface Request<Body = unknown, Query = unknown, Caller = Principal | undefined> {
  /** The caller; undefined on public routes, where no token is looked at. */
  readonly principal: Caller
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  /** The body as it was sent, for comparing it byte for byte. */
  readonly rawBody: Uint8Array
  /** As the route writes it, so that one place has one path however it was percent-encoded. */
  path(): string
  /** What precedes the path in a link: the stage segment, where there is one. */
  readonly root: string
  readonly gateway: APIGatewayProxyEvent['requestContext']
  /** The client's address as the gateway saw it; never a forwarding header. */
  readonly address: string
  readonly userAgent: string
  readonly idempotencyKey: string | undefined
  /** The refresh token in the cookie, on the routes where it counts. */
  readonly cookie: string | undefined
  header(name: string): string | undefined
}

/**
 * The value of a request header, in whatever case the client wrote its name. A repeated one is one
 * list (RFC 9110 section 5.3).
 */
export function header(event: APIGatewayProxyEvent, name: string): string | undefined {
  const wanted = name.toLowerCase()
  const { multiValueHeaders } = event
  for (const key in multiValueHeaders)
    if (key.length === wanted.length && key.toLowerCase() === wanted)
      return multiValueHeaders[key]?.join(', ')
  return undefined
}

/** The path parameters, percent-decoded; one that cannot be decoded names nothing. */
export function params({ pathParameters }: APIGatewayProxyEvent): Record<string, string> {
  const decoded: Record<string, string> = {}
  try {
    for (const name in pathParameters)
      decoded[name] = lowerCaseId(decodeURIComponent(pathParameters[name] ?? ''))
  } catch {
    throw new Problem('not_found')
  }
  return decoded
}

/** Ids are taken in any case (RFC 9562 section 4); names that are no ids stay as they are. */
function lowerCaseId(named: string): string {
  return /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i.test(named) ? named.toLowerCase() : named
}

/**
 * The query as the route declares it; a route without a declaration reads none.
 * @throws Problem 400 naming all faults, as a 422 does: unknown, repeated or unfit parameters
 */
export function parseQuery(event: APIGatewayProxyEvent, route: Route): unknown {
  if (!route.query) return undefined
  const entries = Object.entries(event.multiValueQueryStringParameters ?? {})
  const single = entries.map(([name, values]) => [name, values?.length === 1 ? values[0] : values])
  const schema = route.query()
  const parsed = schema.safeParse(Object.fromEntries(single))
  if (parsed.success) return parsed.data
  const [shown, more = []] = shownFaults(faults(parsed.error.issues))
  const details = shown.map(({ pointer, detail }) => {
    const name = nameAt(pointer)
    if (detail === unknownField) return `${name} is not a known parameter`
    const isRepeated = (event.multiValueQueryStringParameters?.[name]?.length ?? 0) > 1
    return `${name} ${isRepeated ? 'occurs more than once' : detail}`
  })
  const known = 'shape' in schema ? Object.keys(Object(schema.shape)) : []
  throw new Problem(
    'bad_request',
    `Query: ${details.concat(more).join('; ')}. Known parameters: ${known.join(', ')}.`,
  )
}

/** The parameter that a JSON Pointer (RFC 6901) leads to. */
function nameAt(pointer: string): string {
  return pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
}

/** @throws Problem 400 for an Idempotency-Key that is not 1 to 255 printable ASCII characters */
export function idempotencyKey(event: APIGatewayProxyEvent, route: Route): string | undefined {
  if (!route.headers?.includes('Idempotency-Key')) return undefined
  const key = header(event, 'Idempotency-Key')
  if (key !== undefined && !/^[\x20-\x7e]{1,255}$/.test(key))
    throw new Problem('bad_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters.')
  return key
}

/** The route's path with its parameters filled in. */
export function pathOf(route: Route, named: Readonly<Record<string, string>>): string {
  return route.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(named[name] ?? ''))
}

/** The stage segment that the client's path has and the route's lacks: `/prod`, or nothing. */
export function root(event: APIGatewayProxyEvent): string {
  const { path } = event.requestContext
  return path.endsWith(event.path) ? path.slice(0, path.length - event.path.length) : ''
}
