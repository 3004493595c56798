import { base } from '../api.ts'

/** A schema of OpenAPI 3.1, as far as the page reads it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly description?: string
  readonly required?: boolean
  readonly schema: Schema
}

export interface Media {
  readonly schema?: Schema
}

export interface Answer {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, Media>>
}

export interface Operation {
  readonly id: string
  readonly tag: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly description: string
  /** The scopes that its token needs, maybe none; undefined where it needs no token. */
  readonly scopes: readonly string[] | undefined
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly mediaType: string; readonly schema: Schema } | undefined
  /** By status. */
  readonly answers: readonly (readonly [status: string, answer: Answer])[]
}

export interface Api {
  readonly title: string
  readonly version: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly { readonly name: string; readonly description?: string }[]
  readonly operations: readonly Operation[]
}

interface Reference {
  readonly $ref: string
}

interface Declared {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly (Parameter | Reference)[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, Answer | Reference>>
}

interface Document {
  readonly info: Omit<Api, 'tags' | 'operations'>
  readonly tags: Api['tags']
  readonly paths: Readonly<Record<string, Readonly<Record<string, Declared>>>>
}

let document: Document

/** What a reference points to, with what is said beside the reference; or the thing itself. */
export function resolve<Thing extends object>(thing: Thing | Reference): Thing {
  if (!('$ref' in thing) || thing.$ref === undefined) return thing as Thing
  const { $ref, ...beside } = thing
  const steps = $ref.slice(2).split('/')
  const found = steps.reduce<unknown>(
    (node, step) => (node as Record<string, unknown>)[step],
    document,
  )
  return { ...resolve(found as Thing | Reference), ...beside }
}

export async function readApi(): Promise<Api> {
  const response = await fetch(`${base}/api/v1/openapi.json`)
  document = await response.json()
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, declared]) => operationOf(method, path, declared)),
  )
  return { ...document.info, tags: document.tags, operations }
}

function operationOf(method: string, path: string, declared: Declared): Operation {
  const { operationId: id, summary = id, description = '', tags = [], security = [] } = declared
  const [mediaType, media] = Object.entries(declared.requestBody?.content ?? {})[0] ?? []
  return {
    id,
    method: method.toUpperCase(),
    path,
    summary,
    description,
    tag: tags[0] ?? '',
    scopes: security.find(({ bearerAuth }) => bearerAuth)?.bearerAuth,
    parameters: (declared.parameters ?? []).map((parameter) => resolve<Parameter>(parameter)),
    body: mediaType ? { mediaType, schema: media?.schema ?? {} } : undefined,
    answers: Object.entries(declared.responses).map(([status, answer]) => [
      status,
      resolve<Answer>(answer),
    ]),
  }
}
