import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { users } from '../../functions/model/parents.ts'
import { resource } from '../../functions/model/resource.ts'
import { clientSource } from '../../infra/client/client-source.ts'
import { operationsOf } from '../../infra/client/operations.ts'
import { type Schema, typeOf } from '../../infra/client/schema-types.ts'
import { memos } from '../fixtures/resources/memos.ts'
import {
  complaints,
  document,
  examplesOf,
  minified,
  programs,
  programsIn,
  source,
} from './compiled.ts'

/** What the README's example leaves to its reader. */
const surroundings = `
declare const api: string
declare function signIn(): Promise<{ access_token: string; refresh_token: string }>
`

test('the client, and the programs of the tests, compile', () => {
  expect(complaints({ used: { client: source, files: programsIn(programs) } })).toEqual([])
})

test("the README's example of a client without it compiles", () => {
  const [example = ''] = Object.values(examplesOf('README.md'))
    .filter((text) => text.includes('/auth/refresh'))
    .map((text) => text + surroundings)
  expect(example).not.toBe('')
  const files = { 'readme.ts': example }
  expect(complaints({ readme: { client: '', files } })).toEqual([])
})

test('a field that has another name does not compile, at the lines that use it', () => {
  const program = `import { createClient } from './api.ts'
const api = createClient({ baseUrl: '' })
const { name, id } = await api.pupils.read('x')
await api.pupils.create({ name, email: '', rollNo: '', age: 3 })
await api.pupils.patch(id, { age: 4 })
for await (const pupil of api.pupils.list({ sort: 'name' }))
  console.log(pupil.name.length)
const taken = await api.pupils.create({ name, email: '', rollNo: '', age: 3 }).result()
if (!taken.ok && taken.problem.code === 'email_taken') throw taken
`
  const renamed = JSON.parse(
    JSON.stringify(document)
      .replaceAll(
        '"name":{"type":"string","minLength":1,"maxLength":100',
        '"called":{"type":"string","minLength":1,"maxLength":100',
      )
      .replaceAll('"required":["name","email","rollNo"', '"required":["called","email","rollNo"')
      .replaceAll('"enum":["name","-name"', '"enum":["called","-called"')
      .replaceAll('email_taken', 'address_taken'),
  )
  const said = complaints({
    now: { client: source, files: { 'program.ts': program } },
    renamed: { client: clientSource(renamed), files: { 'program.ts': program } },
  })
  const lines = said.filter((line) => !line.startsWith(' ')).map((line) => line.split(': ')[0])
  expect([...new Set(lines)]).toEqual(
    [3, 4, 6, 7, 8, 9].map((line) => `renamed/program.ts:${line}`),
  )
  // A comparison with a code that does not exist.
  expect(said.at(-1)).toMatch(/TS2367/)
})

test('text of several patterns is text', () => {
  expect(typeOf({ type: 'string', allOf: [{}] })).toBe('string')
})

test('a union of objects that one field tells apart is one', () => {
  const circle = z.strictObject({ kind: z.literal('circle'), radius: z.number() })
  const square = z.strictObject({ kind: z.literal('square'), side: z.number() })
  const Shape = z.toJSONSchema(z.discriminatedUnion('kind', [circle, square])) as unknown as Schema
  const { components } = document
  const client = clientSource({
    ...document,
    components: { ...components, schemas: { ...components.schemas, Shape } },
  })
  const files = {
    'program.ts': `import type { Shape } from './api.ts'
export const size = (shape: Shape) => (shape.kind === 'circle' ? shape.radius : shape.side)
`,
  }
  expect(complaints({ shapes: { client, files } })).toEqual([])
})

test('an own route that is called as what every resource has is refused', () => {
  const renamed = JSON.stringify(document).replace('"sendBulletin"', '"create"')
  expect(() => clientSource(JSON.parse(renamed))).toThrow('needs the name bulletins.create itself')
})

test('its code is at most 5 kB, compressed', () => {
  const code = minified(source)
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(5000)
  expect(code).not.toMatch(/\b(?:import|require)\b/)
})

test('it has every operation but those of OAuth, and its own', () => {
  const ids = operationsOf(document).map(({ id }) => id)
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map(({ operationId }) => ({ path, operationId })),
  )
  const left = all.filter(({ operationId }) => !ids.includes(operationId))
  expect(left.map(({ operationId }) => operationId)).toEqual([
    ...['jwks', 'discovery', 'authorizationServer', 'docs', 'account'],
    ...['refresh', 'token', 'revoke', 'introspect'],
  ])
})

test('a resource may be called like what the client uses itself, or is refused', () => {
  const called = (name: string) =>
    clientSource(JSON.parse(JSON.stringify(document).replace(/\bMemo\b/g, name)))
  const project = (name: string) => ({
    client: called(name),
    files: {
      'program.ts': `import { createClient, type ${name}Item } from './api.ts'
export const text = (memo: Partial<${name}Item>) => memo.id
export const read = () => createClient({ baseUrl: '' }).memos.read('u', 'x').then(text)
`,
    },
  })
  const names = ['Record', 'Readonly', 'Partial']
  expect(complaints(Object.fromEntries(names.map((name) => [name, project(name)])))).toEqual([])
  for (const name of ['ApiList', 'ApiOperations', 'Call', 'ProblemCode'])
    expect(() => called(name)).toThrow(`needs the name ${name} itself`)
})

test('a resource whose name has a hyphen is a group of the client', () => {
  const { routes, item } = resource({
    ...{ name: 'order-items', singular: 'order-item', parent: users, fields: memos.fields },
  })
  const ids = memos.routes.map(({ operationId }, at) => [operationId, routes[at]?.operationId])
  const text = ids.reduce(
    (changed, [from, to]) => changed.replaceAll(`"${from}"`, `"${to}"`),
    JSON.stringify(document)
      .replaceAll('"memos"', '"order-items"')
      .replaceAll('}/memos', '}/order-items')
      .replace(/\bMemo(?=[A-Z"])/g, String(item().meta()?.id)),
  )
  const files = {
    'program.ts': `import { createClient, type ListOrderItemsQuery, type OrderItem } from './api.ts'
const { 'order-items': items } = createClient({ baseUrl: '' })
export const list = (query: ListOrderItemsQuery) => items.list('u', query)
export const read = (): Promise<OrderItem> => items.read('u', 'x')
`,
  }
  expect(complaints({ hyphens: { client: clientSource(JSON.parse(text)), files } })).toEqual([])
})
