import * as z from 'zod'
import type { Operation, OperationRoute, OwnRoute, Resource } from './declaration.ts'
import { listQuery, maxCursor, maxLimit } from './list-query.ts'
import { once } from './memoized.ts'
import { inWords, pascalCase } from './names.ts'
import { hasReadableOwner } from './parents.ts'
import type { ProblemCode } from './problems.ts'
import { basePath, type Method, type RequestHeader, type Route } from './route.ts'
import type { Power, Scope } from './scopes.ts'

type Declared = Omit<Resource, 'routes' | 'ownRoutes'>

/** One row of the table of operations: all that decides the route of an operation. */
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
    operationId: ({ name }) => `list${pascalCase(name)}`,
    summary: ({ name }) => `List ${inWords(name)}, newest first`,
    query: (resource) => once(() => listQuery(resource)),
    response: ({ item, singular }) => ({
      status: 200,
      description: 'A page of the list',
      headers: ['Link'],
      body: () => page(item(), singular),
    }),
    errors: () => ['bad_request', 'index_building'],
  },
  create: {
    method: 'POST',
    on: 'collection',
    power: 'write',
    operationId: ({ singular }) => `create${pascalCase(singular)}`,
    summary: ({ singular }) => `Create a new ${inWords(singular)}`,
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
    operationId: ({ singular }) => `read${pascalCase(singular)}`,
    summary: ({ singular }) => `Read one ${inWords(singular)}`,
    headers: ['If-None-Match'],
    response: (resource) => itemResponse(resource, 200, ['ETag']),
    errors: () => ['not_found'],
  },
  replace: {
    method: 'PUT',
    on: 'item',
    power: 'write',
    operationId: ({ singular }) => `replace${pascalCase(singular)}`,
    summary: ({ singular }) => `Replace all fields of one ${inWords(singular)}`,
    headers: ['If-Match', 'If-None-Match'],
    body: ({ bodies }) => bodies.replace,
    response: (resource) => itemResponse(resource, 200, ['ETag']),
    errors: (resource) => ['not_found', 'precondition_failed', ...conflicts(resource)],
  },
  patch: {
    method: 'PATCH',
    on: 'item',
    power: 'write',
    operationId: ({ singular }) => `patch${pascalCase(singular)}`,
    summary: ({ singular }) =>
      `Change some fields of one ${inWords(singular)} (JSON Merge Patch, RFC 7396)`,
    headers: ['If-Match', 'If-None-Match'],
    body: ({ bodies }) => bodies.patch,
    response: (resource) => itemResponse(resource, 200, ['ETag']),
    errors: (resource) => ['not_found', 'precondition_failed', ...conflicts(resource)],
  },
  remove: {
    method: 'DELETE',
    on: 'item',
    power: 'write',
    operationId: ({ singular }) => `delete${pascalCase(singular)}`,
    summary: ({ singular }) => `Delete one ${inWords(singular)}`,
    headers: ['If-Match', 'If-None-Match'],
    response: ({ singular }) => ({
      status: 204,
      description: `The ${inWords(singular)} is deleted`,
    }),
    errors: () => ['not_found', 'precondition_failed'],
  },
}

/** The routes of a resource, one for each operation that it declares. */
export function operationRoutes(resource: Declared): OperationRoute[] {
  return resource.operations.map((operation) => operationRoute(resource, operation))
}

function operationRoute(resource: Declared, operation: Operation): OperationRoute {
  const row = rows[operation]
  const { method, on } = row
  const power = resource.powers[operation] ?? row.power
  const isPublic = isOpen(resource, method, power)
  const path = basePath + (on === 'collection' ? resource.collectionPath : resource.itemPath)
  const [query, body] = [row.query?.(resource), row.body?.(resource)]
  const headers = isPublic ? (['If-None-Match'] as const) : row.headers
  const response = row.response(resource)
  return {
    operation,
    operationId: row.operationId(resource),
    lambda: resource.name,
    method,
    path,
    access: isPublic ? 'public' : scope(resource.name, power),
    tag: resource.name,
    summary: row.summary(resource),
    params: () => pathParameters(path),
    ...(headers && { headers }),
    ...(query && { query }),
    ...(body && { body }),
    // What everybody may keep has an entity tag, lists too.
    response: isPublic ? { ...response, headers: union(response.headers, 'ETag') } : response,
    errors: [
      ...row.errors(resource),
      ...(mayBeForbidden(resource, row) ? (['forbidden'] as const) : []),
      ...(resource.errors[operation] ?? []),
    ],
  }
}

/** The routes that a resource declares beside the operations. */
export function ownRoutes(resource: Declared): Route[] {
  return Object.entries(resource.own).map(([operationId, own]) => {
    const { method, on, power, summary, body, errors = [] } = own
    const path = basePath + resource[on === 'item' ? 'itemPath' : 'collectionPath'] + own.path
    const isPublic = isOpen(resource, method, power)
    const isWrite = on === 'item' && method !== 'GET'
    return {
      operationId,
      lambda: resource.name,
      method,
      path,
      access: isPublic ? 'public' : scope(resource.name, power),
      tag: resource.name,
      summary,
      params: () => pathParameters(path),
      ...(body && { body }),
      ...(isWrite && { headers: ['If-Match', 'If-None-Match'] }),
      ...(isPublic && { headers: ['If-None-Match'] as const }),
      response: ownResponse(resource, own, isPublic),
      errors: [
        ...(on === 'item' || resource.parent ? (['not_found'] as const) : []),
        ...(isWrite ? (['precondition_failed'] as const) : []),
        // An item that does not fit any more is to be fixed first.
        ...(isWrite && !own.answer ? (['validation_failed', ...conflicts(resource)] as const) : []),
        ...(mayBeForbidden(resource, own) ? (['forbidden'] as const) : []),
        ...errors,
      ],
    }
  })
}

/** What is declared to be answered; a route that changes its item answers with the item. */
function ownResponse(
  resource: Declared,
  { method, on, summary, answer }: OwnRoute,
  isPublic: boolean,
): Route['response'] {
  if (answer)
    return { status: 200, description: summary, body: answer, headers: isPublic ? ['ETag'] : [] }
  return on === 'item' && method !== 'GET'
    ? itemResponse(resource, 200, ['ETag'])
    : { status: 204, description: summary }
}

/** Whether it needs no token: only what changes nothing, whatever power it takes. */
function isOpen({ access }: Pick<Resource, 'access'>, method: Method, power: Power): boolean {
  return method === 'GET' && power === 'read' && access.public?.includes(power) === true
}

/** Whether everybody may read an item of it. */
export function isReadByAll(resource: Pick<Resource, 'access' | 'powers'>): boolean {
  return isOpen(resource, 'GET', readPower(resource))
}

/** The power that it takes to read an item. */
export function readPower({ powers }: Pick<Resource, 'powers'>): Power {
  return powers.read ?? 'read'
}

function union<Element>(some: readonly Element[] = [], ...more: Element[]): Element[] {
  return [...new Set([...some, ...more])]
}

/**
 * What others own may be read and yet not be written; whoever makes an item with an owner owns it.
 */
function mayBeForbidden(
  resource: Declared,
  { method, on }: Pick<OperationRow, 'method' | 'on'>,
): boolean {
  if (method === 'GET' || !hasReadableOwner(resource)) return false
  return on === 'item' || resource.owner === undefined
}

export function scope(resource: string, power: Power): Scope {
  return `${resource}:${power}`
}

/** The parameters of a path, which are checked when the item is looked up. */
export function pathParameters(path: string): Record<string, z.ZodType> {
  return Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, z.string()]))
}

/** The body of every list. */
export function page(item: z.ZodType, singular: string): z.ZodType {
  return z
    .strictObject({
      items: z
        .array(item)
        .max(maxLimit)
        .describe('At most `limit` of them; a filter may leave fewer.'),
      nextCursor: z
        .string()
        .max(maxCursor)
        .nullable()
        .describe('The `cursor` of the next page; null on the last one.'),
    })
    .meta({ id: `${pascalCase(singular)}Page` })
}

function itemResponse(
  { singular, item }: Declared,
  status: 200 | 201,
  headers: readonly ('ETag' | 'Location')[],
): Route['response'] {
  return { status, description: `The ${inWords(singular)}`, headers, body: item }
}

function conflicts({ unique }: Declared): ProblemCode[] {
  return unique.map((name) => `${name}_taken` as const)
}
