import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { inject } from 'vitest'

/** What is compared with the document. */
interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: unknown
}

interface Schema {
  readonly type?: string
}

interface Header {
  readonly required?: boolean
  readonly schema: Schema
}

interface Response {
  readonly headers?: Readonly<Record<string, Header | Reference>>
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

interface Reference {
  readonly $ref: string
}

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, Response | Reference>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly headers: Readonly<Record<string, Header>>
    readonly schemas: { readonly Problem: Schema }
  }
}

/** Made with the bundles, once for all files of tests: to make it again in each takes half a second. */
export const document = JSON.parse(readFileSync(inject('document'), 'utf8')) as Document

/** The ids of all operations, and of those that have answered with success in this process. */
export const operationIds = Object.values(document.paths).flatMap((methods) =>
  Object.values(methods).map(({ operationId }) => operationId),
)
export const exercised = new Set<string>()

// Whether the document itself is in order is the matter of another test, and a schema is used a few
// times: to make it fast takes longer.
const quick = { validateSchema: false, inlineRefs: false, code: { optimize: false } }
const ajv = new Ajv2020({ strict: false, allErrors: true, ...quick })
formats.default(ajv)
ajv.addSchema({ components: document.components }, 'document')

/** The statuses of a request without an operation: 404, 405, and those that any request may get. */
const elsewhere = [400, 404, 405, 413, 429, 500, 503]

/**
 * Compares the answer to `GET /api/v1/…` with the OpenAPI document: the status, the headers and
 * the body that it says.
 * @throws Error that says what is not as documented
 */
export function checkDocumented(route: string, answer: Answer): void {
  const [method = '', url = ''] = route.split(' ', 2)
  const operation = find(url.split(/[?#]/, 1)[0] ?? '')?.[method.toLowerCase()]
  const response = operation?.responses[answer.status]
  const [fault] = response
    ? faults(resolve(response), answer)
    : elsewhereFaults(method, answer, operation)
  if (fault !== undefined)
    throw new Error(`${route} answered ${answer.status} ${fault}: ${answer.text.slice(0, 500)}`)
  if (operation && answer.status < 300) exercised.add(operation.operationId)
}

/** A problem without what differs from request to request, and without how long one has to wait. */
export function comparable({ status, headers, body }: Answer) {
  const changing = ['date', 'x-request-id', 'x-amzn-requestid', 'x-amz-apigw-id', 'x-amzn-trace-id']
  const timing = ['retry-after', 'ratelimit']
  const { requestId: _, detail, ...rest } = body as { requestId: string; detail: string }
  return {
    status,
    headers: [...headers].filter(([name]) => ![...changing, ...timing].includes(name)),
    names: [...headers].map(([name]) => name),
    body: { ...rest, detail: detail.replace(/\d+/, 'n') },
  }
}

function* elsewhereFaults(
  method: string,
  answer: Answer,
  operation?: Operation,
): Generator<string> {
  const { status, headers } = answer
  if (operation) return yield 'which is not documented'
  if (method === 'OPTIONS' && status === 204) return
  // HEAD is answered as GET is, without a body, and is not in the document.
  if (method === 'HEAD' && [200, 304].includes(status)) return
  if (!elsewhere.includes(status)) yield 'where no operation is documented'
  if (status === 405 && !headers.get('allow')) yield 'without Allow'
  if (method !== 'HEAD') yield* problemFaults(answer)
}

function* faults(response: Response, answer: Answer): Generator<string> {
  yield* headerFaults(response, answer.headers)
  const { content } = response
  if (!content) {
    if (answer.text !== '') yield 'with a body'
    return
  }
  const [mediaType = ''] = (answer.headers.get('content-type') ?? '').split(';')
  const documented = content[mediaType] ?? content['*/*']
  if (!documented) return yield `as ${mediaType}, which is not documented`
  const isJson = mediaType.endsWith('json')
  yield* schemaFaults('a body that', documented.schema, isJson ? answer.body : answer.text)
  if (mediaType === 'application/problem+json') yield* problemFaults(answer)
}

function* headerFaults({ headers = {} }: Response, sent: Headers): Generator<string> {
  for (const [name, { required, schema }] of Object.entries(document.components.headers)) {
    const value = sent.get(name)
    if (value !== null && !headers[name]) yield `with ${name}, which is not documented`
    if (value === null && headers[name] && required) yield `without ${name}`
    const typed = schema.type === 'integer' ? Number(value) : value
    if (value !== null) yield* schemaFaults(`${name}, which`, schema, typed)
  }
}

function* problemFaults({ body }: Answer): Generator<string> {
  yield* schemaFaults('a problem that', document.components.schemas.Problem, body)
  const { code, errors } = body as { code: string; errors?: unknown[] }
  if ((code === 'validation_failed') !== (errors !== undefined)) yield 'with errors out of place'
}

const compiled = new Map<Schema, ValidateFunction>()

function* schemaFaults(what: string, schema: Schema, value: unknown): Generator<string> {
  const validate = compiled.get(schema) ?? ajv.compile(outside(schema))
  compiled.set(schema, validate)
  if (!validate(value)) yield `with ${what} does not fit (${ajv.errorsText(validate.errors)})`
}

/** The schema with its references, which point into the document, as they are outside of it. */
function outside(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"document#/'))
}

/** The methods of a path; as in the gateway, a literal segment goes before a parameter. */
function find(path: string): Document['paths'][string] | undefined {
  const segments = path.split('/')
  const [best] = Object.keys(document.paths)
    .filter((template) => matches(template.split('/'), segments))
    .sort((a, b) => (a.replaceAll('{', '~') < b.replaceAll('{', '~') ? -1 : 1))
  return best === undefined ? undefined : document.paths[best]
}

function matches(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, at) =>
      part.startsWith('{') ? segments[at] !== '' : part === segments[at],
    )
  )
}

function resolve(response: Response | Reference): Response {
  if (!('$ref' in response)) return response
  const [, ...names] = response.$ref.split('/')
  return names.reduce((at, name) => (at as Record<string, object>)[name] ?? {}, document as object)
}
