import * as z from 'zod'
import type { Operation, OperationRoute, Resource } from './declaration.ts'
import { listQuery } from './list-query.ts'
import { once } from './memoized.ts'
import type { ProblemCode } from './problems.ts'
import { basePath, type Method, type RequestHeader, type Route } from './route.ts'
import type { Power, Scope } from './scopes.ts'

type Declared = Omit<Resource, 'routes'>

/** One row of the table of operations: all that the route of one follows from. */
interface OperationRow {
  readonly method: Method
  /** Whether its path is the collection's or an item's. */
  readonly on: 'collection' | 'item'
  readonly power: Power
  readonly operationId: (resource: Declared) => string
  readonly summary: (resource: Declared) => string
  readonly headers?: readonly RequestHeader[]
  readonly query?: (resource: Declared) => Route['query']
  readonly body?: (resource: Declared) => Route['body']
  readonly response: (resource: Declared) => Route['response']
  readonly errors: (resource: Declared) => readonly ProblemCode[]
}

const rows: Readonly<Record<Operation, OperationRow>> = {
  list: {
    method: 'GET',
    on: 'collection',
    power: 'read',
    operationId: ({ name }) => `list${capitalized(name)}`,
    summary: ({ name }) => `List ${name}, newest first`,
    query: (resource) => once(() => listQuery(resource)),
    response: ({ item }) => ({
      status: 200,
      description: 'A page of the list',
      headers: ['Link'],
      body: () => page(item()),
    }),
    errors: () => ['bad_request'],
  },
  create: {
    method: 'POST',
    on: 'collection',
    power: 'write',
    operationId: ({ singular }) => `create${capitalized(singular)}`,
    summary: ({ singular }) => `Create a ${singular}`,
    headers: ['Idempotency-Key'],
    body: ({ bodies }) => bodies.create,
    response: (resource) => itemResponse(resource, 201, ['ETag', 'Location']),
    errors: (resource) => [
      'bad_request',
      'idempotency_key_reused',
      ...conflicts(resource),
      ...(resource.naturalKey ? [`${resource.key}_taken` as const] : []),
    ],
  },
  read: {
    method: 'GET',
    on: 'item',
    power: 'read',
    operationId: ({ singular }) => `read${capitalized(singular)}`,
    summary: ({ singular }) => `Read a ${singular}`,
    headers: ['If-None-Match'],
    response: (resource) => itemResponse(resource, 200, ['ETag']),
    errors: () => ['not_found'],
  },
  replace: {
    method: 'PUT',
    on: 'item',
    power: 'write',
    operationId: ({ singular }) => `replace${capitalized(singular)}`,
    summary: ({ singular }) => `Replace all fields of a ${singular}`,
    headers: ['If-Match', 'If-None-Match'],
    body: ({ bodies }) => bodies.replace,
    response: (resource) => itemResponse(resource, 200, ['ETag']),
    errors: (resource) => ['not_found', 'precondition_failed', ...conflicts(resource)],
  },
  patch: {
    method: 'PATCH',
    on: 'item',
    power: 'write',
    operationId: ({ singular }) => `patch${capitalized(singular)}`,
    summary: ({ singular }) => `Change some fields of a ${singular} (JSON Merge Patch, RFC 7396)`,
    headers: ['If-Match', 'If-None-Match'],
    body: ({ bodies }) => bodies.patch,
    response: (resource) => itemResponse(resource, 200, ['ETag']),
    errors: (resource) => ['not_found', 'precondition_failed', ...conflicts(resource)],
  },
  remove: {
    method: 'DELETE',
    on: 'item',
    power: 'write',
    operationId: ({ singular }) => `delete${capitalized(singular)}`,
    summary: ({ singular }) => `Delete a ${singular}`,
    headers: ['If-Match', 'If-None-Match'],
    response: ({ singular }) => ({ status: 204, description: `The ${singular} is deleted` }),
    errors: () => ['not_found', 'precondition_failed'],
  },
}

/** The routes of a resource, one for each operation that it declares. */
export function operationRoutes(resource: Declared): OperationRoute[] {
  return resource.operations.map((operation) => operationRoute(resource, operation))
}

function operationRoute(resource: Declared, operation: Operation): OperationRoute {
  const { name } = resource
  const row = rows[operation]
  const { method, on, power, headers } = row
  const [query, body] = [row.query?.(resource), row.body?.(resource)]
  return {
    operation,
    operationId: row.operationId(resource),
    lambda: name,
    method,
    path: basePath + (on === 'collection' ? resource.collectionPath : resource.itemPath),
    access: scope(name, resource.powers[operation] ?? power),
    tag: name,
    summary: row.summary(resource),
    params: () => pathParameters(resource, on),
    ...(headers && { headers }),
    ...(query && { query }),
    ...(body && { body }),
    response: row.response(resource),
    errors: [
      ...row.errors(resource),
      // What others own may be read and yet not be written.
      ...(resource.parent && method !== 'GET' ? (['forbidden'] as const) : []),
      ...(resource.errors[operation] ?? []),
    ],
  }
}

export function scope(resource: string, power: Power): Scope {
  return `${resource}:${power}`
}

function pathParameters(
  { parent, param }: Declared,
  on: OperationRow['on'],
): Record<string, z.ZodType> {
  return {
    ...(parent && { [parent.param]: z.string() }),
    ...(on === 'item' && { [param]: z.string() }),
  }
}

/** The body of every list. */
export function page(item: z.ZodType): z.ZodType {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() })
}

function itemResponse(
  { singular, item }: Declared,
  status: 200 | 201,
  headers: readonly ('ETag' | 'Location')[],
): Route['response'] {
  return { status, description: `The ${singular}`, headers, body: item }
}

function conflicts({ unique }: Declared): ProblemCode[] {
  return unique.map((name) => `${name}_taken` as const)
}

export function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
