import { nameOf, type Schema } from './schema-types.ts'

/** As much of an OpenAPI document as is read here. */
export interface Document {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, DocumentedResponse>>
  }
}

interface DocumentedOperation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly security: readonly unknown[]
  readonly parameters?: readonly (Parameter | Reference)[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, DocumentedResponse | Reference>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Reference {
  readonly $ref: string
}

interface DocumentedResponse {
  readonly content?: Content
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

/** An operation that the client has a method for. */
export interface Operation {
  readonly id: string
  /** The object that has the method: a resource's name, `auth` or `system`. */
  readonly group: string
  readonly name: string
  readonly method: string
  /** Below `/api/v1`. */
  readonly path: string
  readonly summary: string
  readonly isPublic: boolean
  readonly params: readonly string[]
  readonly query: readonly Parameter[]
  readonly headers: readonly string[]
  readonly body: Schema | undefined
  /** What is answered; undefined where nothing is. */
  readonly answer: Schema | undefined
  /** The items of a list; undefined for all other operations. */
  readonly listed: Schema | undefined
  readonly codes: readonly string[]
}

export const basePath = '/api/v1'

/** The client does these by itself; a second refresh beside its own would end the session. */
const own = ['refresh']

/**
 * The operations that the client has methods for: those that take and answer JSON below `/api/v1`.
 * Forms and the documents of OAuth are for OAuth libraries.
 */
export function operationsOf(document: Document): Operation[] {
  const { paths, components } = document
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { operationId }]) => path.startsWith(basePath) && !own.includes(operationId))
      .filter(([, { requestBody }]) => !requestBody || jsonOf(requestBody.content))
      .map(([method, declared]) => operationOf(method.toUpperCase(), path, declared, components)),
  )
}

function operationOf(
  method: string,
  path: string,
  declared: DocumentedOperation,
  { responses, schemas }: Document['components'],
): Operation {
  const { operationId: id, tags, summary, description, security, requestBody } = declared
  const [group = ''] = tags
  const parameters = (declared.parameters ?? []).filter((one): one is Parameter => 'in' in one)
  const headers = (declared.parameters ?? [])
    .filter((one): one is Reference => '$ref' in one)
    .map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1))
  const answers = Object.entries(declared.responses).map(([status, one]) => {
    if (!('$ref' in one)) return { status, one }
    return { status, one: responses[one.$ref.slice(one.$ref.lastIndexOf('/') + 1)] ?? {} }
  })
  const success = answers.find(({ status }) => status.startsWith('2'))
  const answer = jsonOf(success?.one.content ?? {})
  const page = answer?.$ref ? schemas[nameOf(answer.$ref)] : answer
  return {
    id,
    group,
    name: nameIn(group, method, path) ?? id,
    method,
    path: path.slice(basePath.length),
    summary: `${summary}. ${description}`,
    isPublic: security.length === 0,
    params: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    query: parameters.filter((one) => one.in === 'query'),
    headers,
    body: requestBody && jsonOf(requestBody.content),
    answer,
    listed: page?.properties?.nextCursor && page.properties.items?.items,
    codes: answers.flatMap(({ one }) => codesOf(one)),
  }
}

/** Operations on the items of a resource have the same names for all: `students.create`. */
function nameIn(group: string, method: string, path: string): string | undefined {
  const [, item] = new RegExp(`/${group}(/\\{\\w+\\})?$`).exec(path) ?? [undefined, 'none']
  if (item === 'none') return undefined
  const names = item
    ? { GET: 'read', PUT: 'replace', PATCH: 'patch', DELETE: 'delete' }
    : { GET: 'list', POST: 'create' }
  return (names as Record<string, string>)[method]
}

function jsonOf(content: Content): Schema | undefined {
  return content['application/json']?.schema
}

function codesOf({ content }: DocumentedResponse): string[] {
  const [, own] = content?.['application/problem+json']?.schema.allOf ?? []
  return (own?.properties?.code?.enum ?? []) as string[]
}
