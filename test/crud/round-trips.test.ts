import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { checkResource } from '../../functions/model/check-resource.ts'
import * as fields from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { exportPage } from '../../functions/operator/export-page.ts'
import { importBatch } from '../../functions/operator/import-batch.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { repetitions, times } from '../auth/support.ts'
import { createTable } from '../store/engine.ts'
import { type Random, randomness } from '../store/generated.ts'
import { client, startQuietStore, stopQuietStore } from './client.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startQuietStore()
})
afterAll(() => stopQuietStore(engine))

/** A kind of field with what it takes, also at its edges. */
interface Made {
  readonly schema: z.ZodType
  value(): unknown
}

const texts = [
  ...['a', 'A', ' a ', 'é', 'e\u0301', '\u{1f600}', 'a\u200b', '\ufeffa', '__proto__', 'toString'],
  ...['"', '\\', '{}', 'null', '0', "';--", '%00', '𝒳', 'שלום', '\u00ada', 'x'.repeat(60)],
]
const lines = ['\n', 'a\r\nb', 'a\u2028b', '\u2029', '\t', '\u0001', '\u0085', '']

function leaf(random: Random): Made {
  const of = (schema: z.ZodType, ...values: readonly unknown[]): Made => ({
    schema,
    value: () => random.pick(values),
  })
  return random.pick<() => Made>([
    () => of(fields.line(1, 60), ...texts),
    () => of(fields.text(60), ...texts, ...lines),
    () => of(fields.email(), 'a@b.org', "A.b+c'd@EXAMPLE.org", 'x@xn--e1afmkfd.example'),
    () => of(fields.pattern(/^[A-Z]{3}$/, 3, 'three capitals'), 'EUR', 'AAA'),
    () => of(fields.choice('draft', 'Zebra', '__proto__'), 'draft', 'Zebra', '__proto__'),
    () => of(fields.boolean(), true, false),
    () => of(fields.integer(-9007199254740991, 9007199254740991), 0, -1, 2 ** 53 - 1, 1 - 2 ** 53),
    () => of(fields.number(-1e15, 1e15), 0.1, -0.5, 1e-130, 1e15, 123456789.12345678, 5e-100, 3),
    () => of(fields.date(), '2026-02-28', '0001-01-01', '9999-12-31', '2024-02-29'),
    () => of(fields.dateTime(), '2026-01-31T12:00:00.000Z', '0001-01-01T00:00:00.001Z'),
    () => of(fields.slug(20), 'a', '-', 'a-0'),
  ])()
}

function field(random: Random, depth = 0): Made {
  if (depth > 2 || random.chance(0.7)) return leaf(random)
  if (random.chance(0.5)) {
    const element = field(random, depth + 1)
    const made = () => times(random.below(4), () => element.value())
    return { schema: fields.list(element.schema, 3), value: made }
  }
  const members = times(1 + random.below(3), (at) => [names[at], member(random, depth)] as const)
  const shape = Object.fromEntries(members.map(([name, { schema }]) => [name, schema]))
  return { schema: fields.object(shape), value: () => valuesOf(members) }
}

/** A field that may be left out, or have a default. */
function member(random: Random, depth: number): Made {
  const inner = field(random, depth + 1)
  const { schema, value } = inner
  if (random.chance(0.3))
    return { schema: schema.optional(), value: () => (random.chance(0.5) ? value() : undefined) }
  if (!random.chance(0.2)) return inner
  const withDefault = (schema as z.ZodType<string>).default(schema.parse(value()) as never)
  return { schema: withDefault, value: () => (random.chance(0.5) ? value() : undefined) }
}

const names = ['title', 'name', 'length', 'size', 'value', 'key', 'type', 'status']

function valuesOf(members: readonly (readonly [string | undefined, Made])[]) {
  const all = members.map(([name = '', made]) => [name, made.value()] as const)
  return Object.fromEntries(all.filter(([, value]) => value !== undefined))
}

function declaration(random: Random, name: string) {
  const members = times(1 + random.below(5), (at) => [names[at] ?? '', member(random, -1)] as const)
  const shape = Object.fromEntries(members.map(([field, { schema }]) => [field, schema]))
  const indexes = members.map(([sort]) => ({ sort })).filter(() => random.chance(0.5))
  const admitted = indexes.filter((index) => isAdmitted(name, shape, [index]))
  return { resource: declared(name, shape, admitted), members }
}

function declared(name: string, shape: Record<string, z.ZodType>, indexes: { sort: string }[]) {
  return resource({ name, singular: `${name}One`, fields: shape, indexes })
}

/** Not every kind can be compared. */
function isAdmitted(...given: Parameters<typeof declared>): boolean {
  try {
    checkResource(declared(...given))
    return true
  } catch {
    return false
  }
}

/** RFC 7396 section 2. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  return result
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as JSON carries it: there is no negative zero. */
const sent = (value: unknown) => JSON.parse(JSON.stringify(value))

const runs = repetitions(2000, 60)

describe(`${runs} generated declarations`, () => {
  test('give back what they took: created, read, patched, found, exported and imported', async () => {
    for (const number of times(runs, (at) => at + 1)) await roundTrip(number)
  })
})

async function roundTrip(number: number): Promise<void> {
  const random = randomness(number)
  const { resource: declared, members } = declaration(random, `round${number}`)
  checkResource(declared)
  await createTable(engine, declared)
  const call = client(declared)
  const complete = (body: unknown) => sent(declared.values().parse(body))
  const body = valuesOf(members)
  const made = await call('POST', { body })
  const shown = `run ${number}: ${JSON.stringify(body)} ${made.text}`
  expect(made.status, shown).toBe(201)
  const { id, createdAt, updatedAt: _, ...stored } = made.body
  expect(stored, shown).toEqual(complete(body))
  // DynamoDB's maps have no order; even so, the same item is the same bytes.
  expect((await call('GET', { id })).text, shown).toBe(made.text)

  const [name = '', changed] = random.pick(members)
  const patch = { [name]: changed.value() ?? null }
  const patched = await call('PATCH', { id, body: patch })
  const after = complete(merged(stored, patch))
  expect(patched.status, `${shown} ${JSON.stringify(patch)} ${patched.text}`).toBe(200)
  const { updatedAt, ...rest } = patched.body
  expect(rest, `${shown} ${JSON.stringify(patch)}`).toEqual({ id, createdAt, ...after })

  for (const { sort = '' } of declared.indexes) {
    const value = after[sort]
    if (value === undefined) continue
    const found = await call('GET', { query: { [sort]: String(value) } })
    expect(found.body.items, `${shown} ?${sort}=${value} ${found.text}`).toEqual([patched.body])
  }

  const page = sent(await exportPage(declared, {}))
  expect(
    page.records.map(({ item }: { item: object }) => item),
    shown,
  ).toEqual([patched.body])
  await engine.call('DeleteTable', { TableName: `table-${declared.name}` })
  await createTable(engine, declared)
  expect(await importBatch(declared, page.records), shown).toEqual(['created'])
  expect((await call('GET', { id })).text, shown).toBe(patched.text)

  const put = await call('PUT', { id, body })
  expect(put.status, `${shown} ${put.text}`).toBe(200)
  const { updatedAt: __, ...replaced } = put.body
  expect(replaced, shown).toEqual({ id, createdAt, ...stored })
  expect(updatedAt >= createdAt, shown).toBe(true)
  await engine.call('DeleteTable', { TableName: `table-${declared.name}` })
}
