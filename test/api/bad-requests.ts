import fc from 'fast-check'
import { parseBody } from '../../functions/http/body.ts'
import type { Route } from '../../functions/model/route.ts'
import { routes, scopesOf } from '../../functions/routes/registry.ts'
import { sample } from '../sample.ts'
import type { Sent } from './harness.ts'

/** A request that must be refused. */
export interface BadRequest {
  readonly operationId: string
  /** What is wrong with it. */
  readonly fault: string
  readonly call: string
  readonly sent: Sent
  /** How it may be refused. */
  readonly statuses: readonly number[]
}

/** What bad requests are made with. */
export interface Ground {
  /** Values for the path parameters, of items that exist. */
  readonly params: (route: Route) => Readonly<Record<string, string>>
  /** May do everything. */
  readonly admin: string
  /** Has what members have. */
  readonly member: string
  /** A token that was good once. */
  readonly ended: string
}

type Faulty = fc.Arbitrary<Pick<BadRequest, 'call' | 'sent'>>
type Fault = readonly [name: string, statuses: readonly number[], requests: Faulty | undefined]

/**
 * Requests to all routes, each kind of them wrong in one way, which follows from the routes and
 * their schemas.
 */
export function badRequests(ground: Ground): fc.Arbitrary<BadRequest>[] {
  return routes.flatMap((route) => {
    const { operationId } = route
    return faultsOf(route, ground).flatMap(([fault, statuses, requests]) =>
      requests ? [requests.map((request) => ({ operationId, fault, statuses, ...request }))] : [],
    )
  })
}

function faultsOf(route: Route, ground: Ground): Fault[] {
  const { method, body, form } = route
  const path = filled(route, ground.params(route))
  const token = route.access === 'public' ? undefined : ground.admin
  const valid = body && sample(body())
  const send = (sent: Sent, to = path) => ({ call: `${method} ${to}`, sent: { token, ...sent } })
  const entire = valid === undefined ? {} : { body: valid }
  const header = (name: string, value: string) => send({ ...entire, headers: { [name]: value } })
  return [
    ['method', [405], methods(route)?.map((other) => ({ call: `${other} ${path}`, sent: {} }))],
    ['path', [400, 404, 405], garbage.map((tail) => send(entire, `${path}/x${tail}`))],
    // Tries of a code are counted, whichever factor is named.
    [
      'parameter',
      route.operationId === 'confirmFactor' ? [400, 404, 429] : [400, 404],
      parameters(route, ground)?.map((to) => send(entire, to)),
    ],
    ['query', [400], queries(route)?.map((query) => send(entire, `${path}?${query}`))],
    [
      'token',
      [401],
      token === undefined
        ? undefined
        : authorizations(ground).map((headers) => ({
            call: `${method} ${path}`,
            sent: { ...entire, headers },
          })),
    ],
    [
      'scope',
      [403],
      isForMembers(route) ? undefined : fc.constant(send({ ...entire, token: ground.member })),
    ],
    ['body', [400, 422], bodies(route, valid)?.map((wrong) => send({ body: wrong }))],
    [
      'media type',
      // JSON that is called a form is a form without its parameters.
      form ? [400, 415] : [415],
      valid === undefined ? undefined : mediaTypes.map((type) => header('Content-Type', type)),
    ],
    ['size', [413], body && fc.nat(5000).map((more) => send({ body: 'x'.repeat(102_401 + more) }))],
    [
      'header size',
      [413],
      fc.nat(2000).map((more) => header('X-Large', 'x'.repeat(10_240 + more))),
    ],
    [
      'If-Match',
      [412],
      route.headers?.includes('If-Match') && !/users/.test(path)
        ? entityTags.map((tag) => header('If-Match', tag))
        : undefined,
    ],
    [
      'Idempotency-Key',
      [400],
      route.headers?.includes('Idempotency-Key')
        ? idempotencyKeys.map((key) => header('Idempotency-Key', key))
        : undefined,
    ],
  ]
}

function filled({ path }: Route, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? name)
}

const anyText = fc.string({ unit: 'binary', maxLength: 30 })

/** Percent-encoded text, and what looks like it. */
const garbage = fc.oneof(
  anyText.map(encodeURIComponent),
  fc.constantFrom(
    '%',
    '%zz',
    '%ff',
    '%00',
    '%2F..%2F',
    '~admins',
    '\\..\\',
    ';x=1',
    '%F0%9F%92%A9',
  ),
  fc.uuid(),
  fc.uuid({ version: 7 }),
  fc.nat(3000).map((length) => 'x'.repeat(length)),
)

function parameters(route: Route, ground: Ground): fc.Arbitrary<string> | undefined {
  const names = Object.keys(route.params?.() ?? {})
  if (names.length === 0) return undefined
  const params = ground.params(route)
  // The client would take dots out of the path, with what is before them.
  const wrong = garbage.filter((text) => !/^(%2e|\.)*$/i.test(text) && text !== 'me')
  return fc
    .tuple(fc.constantFrom(...names), wrong)
    .map(([name, value]) => filled(route, { ...params, [name]: value }))
}

function methods({ path }: Route): fc.Arbitrary<string> | undefined {
  const declared = routes.filter((route) => route.path === path).map(({ method }) => method)
  const all = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
  const opened = routes.some(
    (route) => route.path === path && route.method === 'GET' && route.access === 'public',
  )
  const others = all.filter((method) => (method === 'HEAD' ? !opened : !declared.includes(method)))
  return fc.constantFrom(...others)
}

function queries({ query }: Route): fc.Arbitrary<string> | undefined {
  if (!query) return undefined
  const name = fc.oneof(
    fc.constantFrom('limit', 'cursor', 'name', 'rollNo', 'email', 'keep', '__proto__', 'token', ''),
    anyText,
  )
  const value = fc.oneof(anyText, fc.integer().map(String), fc.constantFrom('', '0', '101', '1e1'))
  const wrong = fc
    .array(fc.tuple(name, value), { minLength: 1, maxLength: 4 })
    .filter((pairs) => {
      const grouped = Map.groupBy(pairs, ([key]) => key)
      if (grouped.has('cursor')) return true
      const single = [...grouped].map(([key, all]) => [key, all.length > 1 ? all : all[0]?.[1]])
      return !query().safeParse(Object.fromEntries(single)).success
    })
    .map((pairs) => new URLSearchParams(pairs).toString())
  return fc.oneof({ weight: 9, arbitrary: wrong }, fc.constantFrom('limit=%zz', 'a=%ff&limit=1'))
}

function authorizations(ground: Ground): fc.Arbitrary<Record<string, string>> {
  const { admin, ended } = ground
  const [head = '', claims = '', signature = ''] = admin.split('.')
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const altered = fc
    .tuple(fc.nat(admin.length - 3), fc.constantFrom('A', 'b', '.', '~', '='))
    .map(
      ([at, char]) =>
        `${admin.slice(0, at)}${admin[at] === char ? '-' : char}${admin.slice(at + 1)}`,
    )
  const forged = fc
    .record({ alg: fc.constantFrom('none', 'HS256', 'RS256', ''), kid: anyText, typ: anyText })
    .map((header) => `${encoded(header)}.${claims}.${signature}`)
  const tokens = fc.oneof(
    altered,
    forged,
    fc.nat(admin.length - 2).map((length) => admin.slice(0, length)),
    fc.json().map((text) => `${head}.${Buffer.from(text).toString('base64url')}.${signature}`),
    fc.string({ maxLength: 40 }).map((text) => encodeURIComponent(text)),
    fc.constantFrom(ended, '', `${admin} `.repeat(2).trim(), `${admin},${admin}`, '..', 'null'),
  )
  const schemes = fc.constantFrom('Bearer ', 'JWT ', 'bearer ')
  return fc.oneof(
    fc.tuple(schemes, tokens).map(([scheme, token]) => ({ Authorization: scheme + token })),
    fc
      .constantFrom('Bearer  ', 'Bearer\t', 'Basic ', 'Bearer:', 'Token ', '')
      .map((scheme) => ({ Authorization: scheme + admin })),
    fc.constant<Record<string, string>>({}),
  )
}

function isForMembers({ access }: Route): boolean {
  return access === 'public' || access === 'authenticated' || scopesOf('member').includes(access)
}

const mediaTypes = fc.oneof(
  fc.constantFrom(
    'text/plain',
    'application/x-www-form-urlencoded',
    'text/json',
    'json',
    '*/*',
    '',
  ),
  fc.stringMatching(/^[a-z]{1,9}\/[a-z+.-]{1,9}$/).filter((type) => !/json$/.test(type)),
)

const entityTags = fc.oneof(
  fc.constantFrom('"', '""', 'W/"x"', 'x', ',', '"a", "b"'),
  fc.stringMatching(/^"[!#-~]{1,30}"$/),
)

const idempotencyKeys = fc.oneof(
  fc.constantFrom('', 'a\tb', 'ü'),
  fc.integer({ min: 256, max: 900 }).map((length) => 'k'.repeat(length)),
)

/** JSON texts that some field of some kind may not have. */
const values = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('1e400', '-1e400', '-0.5', '1e-200', '20.5', '99999999999999999999', 'null'),
  fc.constantFrom(
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"a\\nb"',
    '" "',
    '""',
    '"\\u200b"',
  ),
  fc.nat(30_000).map((length) => JSON.stringify('x'.repeat(length))),
  fc.nat(20_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
)

const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'passwordHash', 'userId', '_rev', ''),
  anyText,
)

/** JSON that is nearly right, or not right at all: only what `parseBody` refuses. */
function bodies(route: Route, valid: unknown): fc.Arbitrary<string | Uint8Array> | undefined {
  if (valid === undefined || route.form) return undefined
  const text = JSON.stringify(valid)
  const members = Object.entries(valid as object).map(([name, value]): [string, string] => [
    name,
    JSON.stringify(value),
  ])
  const written = (pairs: readonly (readonly [string, string])[]) =>
    `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`
  const field = members.length > 0 ? fc.constantFrom(...members.map(([name]) => name)) : names
  const replaced = fc
    .tuple(field, values)
    .map(([name, value]) =>
      written([...members.filter(([other]) => other !== name), [name, value]]),
    )
  const added = fc.tuple(names, values).map((pair) => written([...members, pair]))
  const dropped = field.map((name) => written(members.filter(([other]) => other !== name)))
  const cut = fc.nat(Math.max(text.length - 2, 0)).map((length) => text.slice(0, length + 1))
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc
      .constantFrom<BufferEncoding>('utf16le', 'latin1')
      .map((encoding) => Buffer.from(text.replace(/}$/, ',"ü":1}'), encoding)),
    fc
      .nat(text.length)
      .map((at) =>
        Buffer.concat([
          Buffer.from(text.slice(0, at)),
          Buffer.of(0xff),
          Buffer.from(text.slice(at)),
        ]),
      ),
  )
  return fc
    .oneof(replaced, added, dropped, cut, values, bytes)
    .filter((body) => isRefused(route, body))
}

function isRefused(route: Route, body: string | Uint8Array): boolean {
  const multiValueHeaders = { 'content-type': ['application/json'] }
  const bytes = Buffer.from(body as string).toString('base64')
  try {
    parseBody({ body: bytes, isBase64Encoded: true, multiValueHeaders } as never, route)
    return false
  } catch (error) {
    return [400, 422].includes((error as { status: number }).status)
  }
}
