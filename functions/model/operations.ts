import * as z from 'zod'
import { lazily, type Makers } from './lazily.ts'
import type { ProblemCode } from './problems.ts'
import type { Resource } from './resource.ts'
import { basePath, type Method, type Route } from './route.ts'
import type { Power, Scope } from './scopes.ts'

/** The six operations that a resource is crossed with. */
export const operations = ['list', 'create', 'read', 'replace', 'patch', 'remove'] as const
export type Operation = (typeof operations)[number]

type Declared = Omit<Resource, 'routes'>

const methods: Record<Operation, Method> = {
  list: 'GET',
  create: 'POST',
  read: 'GET',
  replace: 'PUT',
  patch: 'PATCH',
  remove: 'DELETE',
}

/** The query of every list; a filter has the schema of its field. */
export interface ListQuery {
  limit: number
  cursor?: string | undefined
  [filter: string]: unknown
}

type Schemas = Pick<Route, 'params' | 'query' | 'body'>

export interface OperationRoute extends Route {
  readonly operation: Operation
}

export function operationRoutes(resource: Declared): OperationRoute[] {
  return resource.operations.map((operation) => {
    const declared = route(resource, operation)
    const problems = [...(declared.problems ?? []), ...particular(resource, operation)]
    return lazily({ ...declared, problems, operation }, schemas(resource, operation))
  })
}

function route(resource: Declared, operation: Operation): Omit<Route, keyof Schemas> {
  const { name, singular } = resource
  const onCollection = operation === 'list' || operation === 'create'
  const common = {
    method: methods[operation],
    path: basePath + (onCollection ? resource.collectionPath : resource.itemPath),
    access: scope(name, resource.powers[operation] ?? defaultPower(operation)),
    lambda: name,
    tag: name,
  }
  const one = capitalized(singular)
  switch (operation) {
    case 'list':
      return {
        ...common,
        operationId: `list${capitalized(name)}`,
        summary: `List ${name}, newest first`,
        answer: answer({ status: 200, description: 'A page', headers: ['Link'] }, () =>
          page(resource.item),
        ),
        problems: ['bad_request'],
      }
    case 'create':
      return {
        ...common,
        operationId: `create${one}`,
        summary: `Create a ${singular}`,
        headers: ['Idempotency-Key'],
        answer: itemAnswer(resource, 201, ['ETag', 'Location']),
        problems: ['bad_request', 'idempotency_key_reused', ...conflicts(resource)],
      }
    case 'read':
      return {
        ...common,
        operationId: `read${one}`,
        summary: `Read a ${singular}`,
        headers: ['If-None-Match'],
        answer: itemAnswer(resource, 200, ['ETag']),
        problems: ['not_found'],
      }
    case 'replace':
      return {
        ...common,
        operationId: `replace${one}`,
        summary: `Replace all fields of a ${singular}`,
        headers: ['If-Match'],
        answer: itemAnswer(resource, 200, ['ETag']),
        problems: ['not_found', 'precondition_failed', ...conflicts(resource, false)],
      }
    case 'patch':
      return {
        ...common,
        operationId: `patch${one}`,
        summary: `Change some fields of a ${singular} (JSON Merge Patch, RFC 7396)`,
        headers: ['If-Match'],
        answer: itemAnswer(resource, 200, ['ETag']),
        problems: ['not_found', 'precondition_failed', ...conflicts(resource, false)],
      }
    case 'remove':
      return {
        ...common,
        operationId: `delete${one}`,
        summary: `Delete a ${singular}`,
        headers: ['If-Match'],
        answer: { status: 204, description: 'Deleted' },
        problems: ['not_found', 'precondition_failed'],
      }
  }
}

/** The schemas of a route, which are made when they are needed. */
function schemas(resource: Declared, operation: Operation): Makers<Schemas> {
  const params = () => pathParameters(resource, operation === 'list' || operation === 'create')
  switch (operation) {
    case 'list':
      return { params, query: () => listQuery(resource) }
    case 'create':
    case 'replace':
    case 'patch':
      return { params, body: () => resource.bodies[operation] }
    default:
      return { params }
  }
}

function answer(described: Omit<Route['answer'], 'body'>, body: () => z.ZodType): Route['answer'] {
  return lazily(described, { body })
}

function defaultPower(operation: Operation): Power {
  return methods[operation] === 'GET' ? 'read' : 'write'
}

export function scope(resource: string, power: Power): Scope {
  return `${resource}:${power}`
}

function pathParameters(resource: Declared, onCollection: boolean): Record<string, z.ZodType> {
  return {
    ...(resource.parent && { [resource.parent.param]: z.string() }),
    ...(!onCollection && { [resource.param]: z.string() }),
  }
}

function listQuery(resource: Declared): z.ZodType<ListQuery> {
  const filters = resource.filters.map((name) => [
    name,
    fromText(fieldOf(resource, name))
      .optional()
      .meta({ description: `Only those with this ${name}.` }),
  ])
  return z.strictObject({
    ...pageQuery().shape,
    ...Object.fromEntries(filters),
  }) as unknown as z.ZodType<ListQuery>
}

/** The query of a list without filters; `size` is the limit of who gives none. */
export function pageQuery(size = 25) {
  const limit = z.int().min(1).max(100).default(size)
  return z.strictObject({
    limit: fromText(limit).meta({ description: 'How many at most.' }),
    cursor: z.string().optional().meta({ description: "The previous page's `nextCursor`." }),
  })
}

/** A query holds text: what should be a number or a boolean is read as JSON writes them. */
function fromText(field: z.ZodType): z.ZodType {
  return z.preprocess((value) => {
    if (typeof value !== 'string' || field.safeParse(value).success) return value
    return /^(?:true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?)$/.test(value) ? JSON.parse(value) : value
  }, field)
}

/** The body of every list. */
export function page(item: z.ZodType): z.ZodType {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() })
}

function itemAnswer(
  resource: Declared,
  status: 200 | 201,
  headers: readonly ('ETag' | 'Location')[],
): Route['answer'] {
  const description = `The ${resource.singular}`
  return answer({ status, description, headers }, () => resource.item)
}

function conflicts(resource: Declared, creating = true): ProblemCode[] {
  const taken = resource.unique.map((name) => `${name}_taken` as const)
  return resource.naturalKey && creating ? [...taken, `${resource.key}_taken`] : taken
}

/** What others own may be read and yet not be written. */
function particular({ parent, problems }: Declared, operation: Operation): ProblemCode[] {
  const owned = parent !== undefined && methods[operation] !== 'GET'
  return [...(owned ? (['forbidden'] as const) : []), ...(problems[operation] ?? [])]
}

/** The schema of a field. @throws Error when the resource does not declare it */
export function fieldOf(resource: Pick<Resource, 'name' | 'fields'>, name: string): z.ZodType {
  const field = resource.fields[name]
  if (!field) throw new Error(`${resource.name} declares no field ${name}`)
  return field
}

export function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
