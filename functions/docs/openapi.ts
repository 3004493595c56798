import { version } from '../config/version.static.ts'
import { covers } from '../model/covers.ts'
import type { Resource } from '../model/declaration.ts'
import { pascalCase } from '../model/names.ts'
import type { RequestHeader, Route } from '../model/route.ts'
import { type Role, roles, rolesWithin, type Scope } from '../model/scopes.ts'
import { productName } from '../resources/product.ts'
import { resources, routes, scopesOf } from '../routes/registry.ts'
import {
  headerComponents,
  oauthErrorSchema,
  problemResponses,
  problemSchema,
  problemsOf,
  responsesOf,
  sorted,
} from './openapi-responses.ts'
import { describeBodies, type Json, type SchemaWriter, schemaWriter } from './openapi-schemas.ts'

/**
 * The OpenAPI 3.1 document of the API, from the declarations that the handlers run. Only made when
 * the functions are bundled, and by the tests.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openapiDocument(): Json & {
  readonly servers: readonly { readonly url: string }[]
} {
  const writer = schemaWriter()
  const paths = [...Map.groupBy(routes, ({ path }) => path)].map(([path, declared]) => [
    path,
    Object.fromEntries(
      declared.map((route) => [route.method.toLowerCase(), operation(route, writer)]),
    ),
  ])
  for (const { singular } of resources) describeBodies(pascalCase(singular), writer.components)
  const codes = sorted([...routes.flatMap(problemsOf), 'method_not_allowed'])
  writer.add('OAuthError', oauthErrorSchema)
  writer.add('Problem', problemSchema(codes))
  return {
    openapi: '3.1.1',
    info: {
      title: productName,
      version,
      summary: 'A JWT-secured REST API',
      description,
      // Without `contact`: whoever runs a stage knows whom to ask, and this file is not theirs to
      // edit.
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: tags(),
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries(
        Object.entries(writer.components).sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
      responses: problemResponses(routes),
      headers: headerComponents,
      parameters: Object.fromEntries(
        Object.entries(headerParameters).map(([name, parameter]) => [
          name,
          { name, in: 'header', ...parameter },
        ]),
      ),
      securitySchemes: {
        bearerAuth: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'An access token (RFC 9068) or an API key (`pk_…`). The scheme `JWT` is accepted as well.',
        },
      },
    },
  }
}

const description = `People sign in with a username and a password. They get an access token, a JWT that is valid for
a few minutes, and a refresh token. A revoked token is refused at once.

- Errors are problem details (RFC 9457) with a stable \`code\`. A known path answers an unsupported
  method with 405 and \`Allow\`.
- Lists come in pages, newest first: follow \`nextCursor\` or the \`Link\` header.
- Items have an \`ETag\`. A write with \`If-Match\` applies only if the item has not changed.
- A create with an \`Idempotency-Key\` can be repeated safely for 24 hours.
- PATCH takes a JSON Merge Patch (RFC 7396).
- Unknown fields, and unknown parameters of lists, are refused. A request body has at most 100 KiB.`

const headerParameters: Readonly<Record<RequestHeader, Json>> = {
  'If-Match': {
    description: 'The write applies only if the item has one of these entity tags; otherwise 412.',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    description:
      'If the item has one of these entity tags, a read answers 304, and a write does nothing and answers 412.',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    description:
      'A repeated request with the same key and body gets the first response again, for 24 hours.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7E]+$' },
  },
}

function tags(): Json[] {
  return [
    {
      name: 'auth',
      description:
        'Sign-up, sign-in, sessions, passwords, second factors, API keys, e-mail addresses and OAuth.',
    },
    ...resources.map((resource) => ({
      name: resource.name,
      description: tagDescription(resource),
    })),
    { name: 'system', description: 'Home, health, public keys, metadata and documents.' },
  ]
}

function tagDescription({ name, access }: Resource): string {
  const held = Object.entries(access).map(([holder, powers]) => {
    const scopes = powers.map((power) => `\`${name}:${power}\``).join(' and ')
    return holder === 'public' ? 'Everybody may read.' : `${capitalized(holder)}s have ${scopes}.`
  })
  return held.join(' ') || 'For admins.'
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function operation(route: Route, writer: SchemaWriter): Json {
  const { write } = writer
  const { operationId, summary, tag, body, bodyOptional } = route
  const parameters = parametersOf(route, write)
  return {
    operationId,
    summary,
    description: accessDescription(route),
    tags: [tag],
    security: security(route),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !bodyOptional,
        content: Object.fromEntries(
          mediaTypesOf(route).map((type) => [type, { schema: write(body(), 'input') }]),
        ),
      },
    }),
    responses: responsesOf(route, writer),
  }
}

function mediaTypesOf({ form, method }: Route): string[] {
  if (form) return ['application/x-www-form-urlencoded']
  return method === 'PATCH'
    ? ['application/merge-patch+json', 'application/json']
    : ['application/json']
}

function accessDescription({ access, fresh, apiKeys }: Route): string {
  if (access === 'public') return 'Public.'
  const opened =
    access === 'authenticated'
      ? 'For all signed-in users.'
      : `Needs the scope \`${access}\`, which ${holders(access)} have.`
  const more = [
    ...(fresh ? ['You must have signed in or reauthenticated within the last 10 minutes.'] : []),
    ...(apiKeys === 'all' ? ['Every API key may call it.'] : []),
  ]
  return [opened, ...more].join(' ')
}

/** The roles that have a scope, without those that have it from another role. */
function holders(scope: Scope): string {
  const having = roles.filter((role) => role !== 'admin' && has(role, scope))
  const first = having.filter((role) =>
    [...rolesWithin(role)].every((r) => r === role || !has(r, scope)),
  )
  return first.map((role) => `${role}s`).join(' and ') || 'only admins'
}

function has(role: Role, scope: Scope): boolean {
  return covers(new Set(scopesOf(role)), scope)
}

/**
 * Signing in by HTTP Basic is only described in words: generated clients would send a header with
 * the body.
 */
function security({ access }: Route): Json[] {
  if (access === 'public') return []
  return [{ bearerAuth: access === 'authenticated' ? [] : [access] }]
}

function parametersOf(
  { params, query, headers = [] }: Route,
  write: SchemaWriter['write'],
): Json[] {
  const inPath = Object.entries(params?.() ?? {}).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    description: `The ${name.replace(/Id$/, '')}${/Id$/.test(name) ? "'s id" : ''}.`,
    schema: write(schema, 'input'),
  }))
  const { properties = {} } = query ? write(query(), 'output') : {}
  const { required = [] } = query ? write(query(), 'input') : {}
  const inQuery = Object.entries(properties as Record<string, Json>).map(
    ([name, { description: text, ...schema }]) => ({
      name,
      in: 'query',
      ...(text !== undefined && { description: text }),
      ...((required as string[]).includes(name) && { required: true }),
      schema,
    }),
  )
  const inHeader = headers.map((name) => ({ $ref: `#/components/parameters/${name}` }))
  return [...inPath, ...inQuery, ...inHeader]
}
