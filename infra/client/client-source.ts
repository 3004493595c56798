import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { basePath, type Document, type Operation, operationsOf } from './operations.ts'
import { comment, nameOf, quoted, type Schema, typeOf } from './schema-types.ts'

/** What is the same for every API, in the order in which it is put together. */
const parts = ['answers', 'exchange', 'session', 'client']

/** What users of the client may import; the other exports are for other parts. */
const exported =
  /^export (?!(?:class|type|interface) (?:Api|\w+Options|SecondFactor|SessionStorage)|function (?:etagOf|createClient))/gm

/**
 * Names that the parts use of the platform, and utility types of TypeScript, which programs use: a
 * resource's type `Record` becomes `RecordItem`.
 */
const globals =
  /^(?:AbortSignal|AsyncIterable|Awaited|Date|Error|Exclude|Extract|JSON|Math|NonNullable|Number|Object|Omit|Partial|Pick|Promise|PropertyKey|Readonly|Record|RequestInit|Required|Response|ReturnType|String|Symbol|TypeError|URLSearchParams|Uint32Array|WeakMap)$/

/** The client of an API: one file of TypeScript without dependencies. */
export function clientSource(given: Document): string {
  const document = withoutGlobals(given)
  const operations = operationsOf(document)
  refuseTwinMethods(operations)
  const runtime = parts.map(partOf).join('\n')
  const types = `${schemas(document)}\n${queries(operations)}\n${codes(document, operations)}`
  const calls = `${clientType(operations)}\n${table(operations)}`
  refuseTwins(types, `${calls}\n${runtime}`)
  return `// Made by \`npm run client\` from version ${document.info.version} of the API: make it anew, do not edit it.

${types}
${calls}
${runtime}`
}

function withoutGlobals(document: Document): Document {
  const named = JSON.stringify(document).replace(
    /(#\/components\/schemas\/)(\w+)"/g,
    (_, place, name) => `${place}${typeName(name)}"`,
  )
  const { components, ...others } = JSON.parse(named) as Document
  const schemas = Object.entries(components.schemas).map(([name, one]) => [typeName(name), one])
  return { ...others, components: { ...components, schemas: Object.fromEntries(schemas) } }
}

function typeName(schema: string): string {
  return globals.test(schema) ? `${schema}Item` : schema
}

function partOf(name: string): string {
  const text = readFileSync(join(import.meta.dirname, 'runtime', `${name}.ts`), 'utf8')
  return text
    .replace(/^import [^']*'[^']*'\n/gm, '')
    .replace(exported, '')
    .trim()
    .concat('\n')
}

function schemas({ components }: Document): string {
  return Object.entries(components.schemas)
    .filter(([name]) => name !== 'Problem')
    .map(([name, schema]) => declaration(name, schema))
    .join('\n')
}

function declaration(name: string, schema: Schema): string {
  const text = typeOf(schema)
  // One object: unions of several end as it does.
  const isObject = text.startsWith('{\n') && text.indexOf('\n}') === text.length - 2
  const declared = isObject ? `interface ${name} ` : ''
  return `${comment(schema.description)}export ${declared || `type ${name} = `}${text}\n`
}

function queries(operations: readonly Operation[]): string {
  return operations
    .filter(({ query }) => query.length > 0)
    .map(({ id, query }) => {
      const members = query.map(({ name, required, description, schema }) => {
        const type = required ? `: ${typeOf(schema)}` : `?: ${typeOf(schema)} | undefined`
        return `${comment(description, '  ')}  ${quoted(name)}${type}`
      })
      return `export interface ${queryName(id)} {\n${members.join('\n')}\n}\n`
    })
    .join('\n')
}

/** The codes of the problems that each operation may answer; those common to all stand once. */
function codes({ components }: Document, operations: readonly Operation[]): string {
  const [first, ...others] = operations
  const common = (first?.codes ?? []).filter((code) =>
    others.every((operation) => operation.codes.includes(code)),
  )
  const rows = operations.map(({ id, codes: all }) => {
    const particular = all.filter((code) => !common.includes(code))
    return `  ${id}: ${['CommonProblemCode', ...particular.map((code) => `'${code}'`)].join(' | ')}\n`
  })
  const { properties = {}, required = [] } = components.schemas.Problem ?? {}
  const { code: _, ...others_ } = properties
  const problem = typeOf({
    properties: others_,
    required: required.filter((name) => name !== 'code'),
    type: 'object',
    additionalProperties: false,
  })
  return `/** What every operation may answer. */
export type CommonProblemCode = ${common.map((code) => `'${code}'`).join(' | ')}

/** What each operation may answer, by its id. */
export interface ProblemCodes {
${rows.join('')}}

export type ProblemCode = ProblemCodes[keyof ProblemCodes]

/** Problem details (RFC 9457). */
export interface ApiProblem<Code extends string = ProblemCode> ${problem.replace('\n', '\n  /** Stable, for programs. */\n  code: Code\n')}
`
}

function clientType(operations: readonly Operation[]): string {
  const groups = [...Map.groupBy(operations, ({ group }) => group)].map(([group, members]) => {
    const methods = members.map(
      (operation) =>
        `${comment(operation.summary, '    ')}    ${signature(operation, operations)}\n`,
    )
    return `  readonly ${quoted(group)}: {\n${methods.join('')}  }\n`
  })
  return `/** What the API offers, by resource. */
export interface ApiOperations {
${groups.join('')}}
`
}

function signature(operation: Operation, operations: readonly Operation[]): string {
  const { id, name, params, query, body, answer, listed } = operation
  const isOptional = query.every(({ required }) => !required)
  const parameters = [
    ...params.map((param) => `${param}: string`),
    ...(body ? [`body: ${bodyType(operation, body, operations)}`] : []),
    ...(query.length > 0 ? [`query${isOptional ? '?' : ''}: ${queryName(id)}`] : []),
    `options?: ${optionsType(operation)}`,
  ]
  const value = listed ? typeOf(listed) : answer ? typeOf(answer, '    ') : 'void'
  const kind = listed ? 'ApiList' : 'ApiAnswer'
  return `${name}(${parameters.join(', ')}): ${kind}<${value}, ProblemCodes['${id}']>`
}

/** The body of a change may be a function of the item, where the item can be read. */
function bodyType({ method, path }: Operation, body: Schema, all: readonly Operation[]): string {
  const type = typeOf(body, '    ')
  const read = all.find((other) => other.method === 'GET' && other.path === path)
  const isChange = method === 'PUT' || method === 'PATCH'
  return isChange && read?.answer?.$ref ? `ApiChange<${nameOf(read.answer.$ref)}, ${type}>` : type
}

function optionsType({ headers }: Operation): string {
  if (headers.includes('If-Match')) return 'ConditionalOptions'
  return headers.includes('Idempotency-Key') ? 'CreateOptions' : 'CallOptions'
}

/** `students: { create: 'POSTkb /students' }`: the letters are explained in runtime/client.ts. */
function table(operations: readonly Operation[]): string {
  const groups = [...Map.groupBy(operations, ({ group }) => group)].map(([group, members]) => {
    const rows = members.map(
      (one) => `    ${one.name}: '${one.method}${letters(one)} ${one.path}',\n`,
    )
    return `  ${quoted(group)}: {\n${rows.join('')}  },\n`
  })
  return `const basePath = '${basePath}'

const operations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
${groups.join('')}}
`
}

function letters({ id, isPublic, headers, body, query, listed }: Operation): string {
  return [
    isPublic && 'p',
    headers.includes('Idempotency-Key') && 'k',
    (body || query.length > 0) && 'b',
    listed && 'l',
    ['login', 'loginFactor'].includes(id) && 's',
    id === 'logout' && 'e',
  ]
    .filter(Boolean)
    .join('')
}

function queryName(id: string): string {
  return `${id.charAt(0).toUpperCase()}${id.slice(1)}Query`
}

/** An own route could be called `create`. */
function refuseTwinMethods(operations: readonly Operation[]): void {
  const names = operations.map(({ group, name }) => `${group}.${name}`)
  const twin = names.find((name, at) => names.indexOf(name) !== at)
  if (twin)
    throw new Error(`The client needs the name ${twin} itself: choose another for the route`)
}

/** A declared resource and the client's own types could have the same name. */
function refuseTwins(types: string, runtime: string): void {
  const names = (text: string) =>
    [...text.matchAll(/^(?:export )?(?:interface|type|class|const|function) (\w+)/gm)].map(
      ([, name = '']) => name,
    )
  const twin = names(types).find((name, at, all) =>
    [...all.slice(at + 1), ...names(runtime)].includes(name),
  )
  if (twin)
    throw new Error(`The client needs the name ${twin} itself: choose another for the resource`)
}
