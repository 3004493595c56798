import { oauthErrors } from '../model/oauth-error.ts'
import {
  maxFaults,
  Problem,
  type ProblemCode,
  problemDetails,
  problemType,
  problemTypes,
} from '../model/problems.ts'
import type { Route, RouteResponse } from '../model/route.ts'
import { exampleOf } from './openapi-examples.ts'
import type { Json, SchemaWriter } from './openapi-schemas.ts'

/** The errors of every route: from the gateway, or from the checks that every route has. */
const always: readonly ProblemCode[] = [
  'bad_request',
  'payload_too_large',
  'unsupported_media_type',
  'too_many_requests',
  'internal_error',
  'unavailable',
]

/** Every error that the route may answer: its own, and those of all routes of its kind. */
export function problemsOf(route: Route): ProblemCode[] {
  const { access, params, body, form, fresh, headers, errors = [] } = route
  const codes: readonly ProblemCode[] = [
    ...always,
    ...(access === 'public' ? [] : (['unauthorized'] as const)),
    ...(access === 'public' || access === 'authenticated' ? [] : (['insufficient_scope'] as const)),
    ...(Object.keys(params?.() ?? {}).length > 0 ? (['not_found'] as const) : []),
    ...(headers?.includes('If-Match') ? (['precondition_failed'] as const) : []),
    ...(fresh ? (['reauthentication_required'] as const) : []),
    ...(body && !form ? (['validation_failed'] as const) : []),
    ...errors,
  ]
  return sorted(codes)
}

/** The codes in the order of their table, each once; those of unique fields by name. */
export function sorted(codes: readonly ProblemCode[]): ProblemCode[] {
  const known = Object.keys(problemTypes)
  const place = (code: ProblemCode) => (known.includes(code) ? known.indexOf(code) : known.length)
  return [...new Set(codes)].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
}

/** The answers of a route, by status. */
export function responsesOf(route: Route, writer: SchemaWriter): Json {
  const { method, response, otherResponse, headers } = route
  const problems = byStatus(route).map(([status, codes]) => [
    status,
    { $ref: `#/components/responses/${responseName(codes)}` },
  ])
  return Object.fromEntries([
    [response.status, success(response, writer)],
    ...(otherResponse ? [[otherResponse.status, success(otherResponse, writer)]] : []),
    ...(method === 'GET' && headers?.includes('If-None-Match') ? [[304, notModified]] : []),
    ...problems,
    ...(route.form ? [[400, oauthError]] : []),
  ])
}

/** The error answers that the routes refer to, each by the codes that it may have. */
export function problemResponses(routes: readonly Route[]): Json {
  const responses = routes
    .flatMap(byStatus)
    .map(([status, codes]) => [responseName(codes), problemResponse(status, codes)] as const)
  return Object.fromEntries(responses.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Headers of answers; those that are always there where they are documented are required. */
export const headerComponents = {
  'X-Request-Id': {
    description: 'The id of the request, as in the logs.',
    required: true,
    schema: { type: 'string' },
  },
  ETag: {
    description: 'The entity tag of the item, for `If-Match` and `If-None-Match` (RFC 9110).',
    required: true,
    schema: { type: 'string', pattern: '^"[^"]+"$' },
  },
  Location: {
    description: 'The path of the new item.',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
  },
  Link: {
    description: 'The next page, if there is one (RFC 8288).',
    schema: { type: 'string', pattern: '^<[^>]+>; rel="next"$' },
  },
  'WWW-Authenticate': {
    description: 'The challenge (RFC 6750), when the token is refused.',
    schema: { type: 'string', pattern: '^Bearer realm="portcullis"' },
  },
  'Retry-After': {
    description: 'The number of seconds to wait before trying again.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  'RateLimit-Policy': {
    description: 'The quota and its window in seconds, when the quota is used up.',
    schema: { type: 'string', pattern: '^".+";q=\\d+;w=\\d+$' },
  },
  RateLimit: {
    description: 'The tries that are left, and the seconds until the window starts again.',
    schema: { type: 'string', pattern: '^".+";r=\\d+;t=\\d+$' },
  },
} as const satisfies Json

type HeaderName = keyof typeof headerComponents

/** Problem details; `codes` are all that there are. */
export function problemSchema(codes: readonly ProblemCode[]): Json {
  const text = { type: 'string' }
  const fault = {
    type: 'object',
    properties: {
      pointer: {
        ...text,
        format: 'json-pointer',
        description: 'The place in the body (RFC 6901).',
      },
      detail: { ...text, description: 'What is wrong there, for people.' },
    },
    required: ['pointer', 'detail'],
    additionalProperties: false,
  }
  return {
    type: 'object',
    description: 'Problem details (RFC 9457).',
    properties: {
      type: { ...text, format: 'uri', description: 'A URN that ends with `code`.' },
      title: { ...text, description: 'What `code` means, the same for each such problem.' },
      status: { type: 'integer', description: 'The HTTP status.' },
      detail: { ...text, description: 'What is wrong with this request, for people.' },
      code: { ...text, enum: codes, description: 'Stable, for programs.' },
      requestId: { ...text, description: 'As in `X-Request-Id`.' },
      errors: {
        type: 'array',
        items: fault,
        minItems: 1,
        maxItems: maxFaults,
        description: `The faults of the body, at most ${maxFaults}; only with \`validation_failed\`.`,
      },
      challenge: {
        ...text,
        description: 'For `/auth/login/factor`; only with `second_factor_required`.',
      },
      factors: {
        type: 'array',
        items: { ...text, enum: ['totp'] },
        maxItems: 1,
        description: 'The kinds of factors; only with `second_factor_required`.',
      },
      expiresIn: { type: 'integer', description: 'How many seconds the challenge is valid for.' },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
    additionalProperties: false,
  }
}

function byStatus(route: Route): [status: number, codes: ProblemCode[]][] {
  return [...Map.groupBy(problemsOf(route), (code) => problemType(code)[0])]
}

function success(
  { description, body, mediaType = 'application/json', headers }: RouteResponse,
  { write, components }: SchemaWriter,
) {
  const schema = body && write(body(), 'output')
  const example =
    schema && mediaType === 'application/json' ? exampleOf(schema, components) : undefined
  const fits = example !== undefined && body?.().safeParse(example).success
  return {
    description,
    headers: headerReferences(headers),
    ...(schema && {
      content: { [mediaType]: { schema, ...(fits && { example }) } },
    }),
  }
}

const notModified = {
  description: 'The client already has this revision',
  headers: headerReferences(['ETag']),
}

/** `email_taken, name_taken` → `EmailTakenOrNameTaken` */
function responseName(codes: readonly ProblemCode[]): string {
  const pascal = (code: string) => code.replace(/(?:^|_)(\w)/g, (_, c: string) => c.toUpperCase())
  return codes.map(pascal).join('Or')
}

function problemResponse(status: number, codes: readonly ProblemCode[]): Json {
  const schema = {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      {
        type: 'object',
        properties: {
          status: { type: 'integer', const: status },
          code: { type: 'string', enum: codes },
        },
      },
    ],
  }
  const examples = codes.map((code) => [
    code,
    { value: problemDetails(exampleProblem(code), 'c6af9ac6') },
  ])
  return {
    description: codes.map((code) => `\`${code}\`: ${problemType(code)[1]}.`).join('\n\n'),
    headers: headerReferences(headersOf(status, codes)),
    content: { 'application/problem+json': { schema, examples: Object.fromEntries(examples) } },
  }
}

/** RFC 6749 section 5.2; what the gateway itself refuses is answered with problem details. */
const oauthError = {
  description: 'The form is not valid, as `error` says (RFC 6749 section 5.2)',
  headers: headerReferences(),
  content: {
    'application/json': { schema: { $ref: '#/components/schemas/OAuthError' } },
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  },
}

export const oauthErrorSchema = {
  type: 'object',
  description: 'An error of OAuth (RFC 6749 section 5.2).',
  properties: {
    error: { type: 'string', enum: oauthErrors, description: 'Stable, for programs.' },
    error_description: { type: 'string', description: 'What is wrong with the form, for people.' },
  },
  required: ['error'],
  additionalProperties: false,
} as const satisfies Json

function exampleProblem(code: ProblemCode): Problem {
  const errors = [{ pointer: '/name', detail: 'is required' }]
  return new Problem(code, undefined, code === 'validation_failed' ? { errors } : {})
}

function headersOf(status: number, codes: readonly ProblemCode[]): HeaderName[] {
  if (status === 429) return ['Retry-After', 'RateLimit-Policy', 'RateLimit']
  if (status === 503) return ['Retry-After']
  const challenged = codes.includes('unauthorized') || codes.includes('insufficient_scope')
  return challenged ? ['WWW-Authenticate'] : []
}

function headerReferences(names: readonly HeaderName[] = []): Json {
  const all = [...names, 'X-Request-Id'] as const
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
