import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { openapiDocument } from '../../functions/docs/openapi.ts'
import { routes } from '../../functions/routes/registry.ts'
import { repetitions } from '../auth/support.ts'
import { sample } from '../sample.ts'
import { type Random, randomness } from '../store/generated.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
}

const document = JSON.parse(JSON.stringify(openapiDocument()))
const ajv = new Ajv2020({ strict: false })
formats.default(ajv)
ajv.addSchema({ ...document, $id: 'document' })

/** What a schema cannot say; README.md lists it, with what only the stored items can say. */
const beyondSchemas = [
  'must be well-formed Unicode',
  'must not be closer to zero than 1e-130',
  'must not be a common password, alone or with only digits or punctuation added',
]

/** Texts at the edges of what the kinds of field take. */
const texts = [
  ...['', ' ', 'a', 'A', '0', '-', 'a-b', 'é', 'e\u0301', '\u{1f600}', 'ABC', 'EUR', 'draft'],
  ...['\u0000', 'a\u0000', 'a\u0001b', 'a\nb', 'a\tb', '\u2028', 'a\u2029b', '\u200b', '\u2800'],
  ...['\ud800', 'a\udfff', '\u00a0', '\u3000', 'a\u200b', '\ufeff', '\u0085', 'a\u0085'],
  ...['a@b.org', 'A@B.ORG', 'a@b', 'a@b.', 'a..b@c.org', 'a@-b.org', 'a@b.org\n', '"a"@b.org'],
  ...[
    '2026-01-31',
    '2026-02-30',
    '2026-1-31',
    '0000-01-01',
    '+012026-01-01',
    '2026-01-31T00:00:00Z',
  ],
  ...['2026-01-31T12:00:00.000Z', '2026-01-31T25:00:00.000Z', '2026-01-31T12:00:00.000+01:00'],
  ...['01939f5e-7c00-7a3b-9f00-5d1c2b3a4e5f', '01939F5E-7C00-7A3B-9F00-5D1C2B3A4E5F'],
  ...[
    '01939f5e-7c00-4a3b-9f00-5d1c2b3a4e5f',
    'correct horse battery',
    'Password123!',
    'true',
    'null',
    '__proto__',
  ],
]
const numbers = [0, -0, 1, -1, 0.5, 20.5, 1e-130, 9e-131, 1e21, 2 ** 53, -1e300]
const others = [null, true, false, [], {}, [null], { a: 1 }, [[]], undefined]

function resolved(schema: Schema): Schema {
  if (!schema.$ref) return schema
  return resolved(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''])
}

/** A value near the edge of what a schema admits: mostly of its type, now and then of another. */
function near(given: Schema, random: Random): unknown {
  const schema = resolved(given)
  if (random.chance(0.08)) return random.pick<unknown>([...texts, ...numbers, ...others])
  if (schema.anyOf) return near(random.pick(schema.anyOf), random)
  if (schema.enum) return random.pick<unknown>([...schema.enum, ...schema.enum, 'other'])
  switch (schema.type) {
    case 'object':
      return nearObject(schema, random)
    case 'array':
      return Array.from({ length: lengthNear(schema.maxItems ?? 3, random) }, () =>
        near(schema.items ?? {}, random),
      )
    case 'integer':
    case 'number': {
      const edges = [schema.minimum, schema.maximum].filter((edge) => edge !== undefined)
      const around = edges.flatMap((edge) => [edge, edge, edge - 1, edge + 1, edge + 0.5])
      return random.pick([...around, ...numbers])
    }
    case 'boolean':
      return random.chance(0.5)
    case 'string':
      return nearText(schema, random)
    default:
      return random.pick<unknown>([...texts, ...numbers, ...others])
  }
}

function nearObject({ properties = {} }: Schema, random: Random): Record<string, unknown> {
  const members = Object.entries(properties)
    .filter(() => random.chance(0.85))
    .map(([name, property]) => [name, near(property, random)] as const)
  const more = random.chance(0.05) ? [[random.pick(['id', 'userId', 'extra', 'toString']), 1]] : []
  return Object.fromEntries([...members, ...more])
}

function nearText({ minLength = 0, maxLength = 50 }: Schema, random: Random): string {
  if (random.chance(0.6)) return random.pick(texts)
  const letter = random.pick(['a', 'é', '\u{1f600}', ' ', '0'])
  return letter.repeat(
    Math.max(0, random.pick([minLength, minLength - 1, maxLength, maxLength + 1])),
  )
}

function lengthNear(most: number, random: Random): number {
  return random.pick([0, 1, 2, most, most + 1].filter((length) => length < 60))
}

interface Case {
  readonly operationId: string
  readonly admits: ValidateFunction
  readonly schema: Schema
  readonly parse: (value: unknown) => { readonly success: boolean; readonly messages: string[] }
  readonly valid: unknown
}

const cases: Case[] = routes.flatMap((route) => {
  const { body, method, path, operationId } = route
  if (!body) return []
  const { requestBody } = document.paths[path][method.toLowerCase()]
  const [[type, { schema }]] = Object.entries<{ schema: Schema }>(requestBody.content) as [
    [string, { schema: Schema }],
  ]
  const pointer = `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}/requestBody/content/${type.replaceAll('/', '~1')}/schema`
  const admits = ajv.getSchema(`document${encodeURI(pointer)}`)
  if (!admits) throw new Error(`No schema of ${operationId}`)
  const parse = (value: unknown) => {
    const { success, error } = body().safeParse(value)
    return { success, messages: error?.issues.map(({ message }) => message) ?? [] }
  }
  return [{ operationId, admits, schema, parse, valid: sample(body()) }]
})

const bodies = repetitions(100_000, 5000)

describe(`${bodies} bodies of ${cases.length} operations`, () => {
  test('are admitted by the schema of the document and by the server alike', () => {
    const random = randomness(20_261_128)
    const wrong: string[] = []
    const seen = { admitted: 0, refused: 0 }
    for (let count = 0; count < bodies; count++) {
      const one = cases[count % cases.length] as Case
      const value = valueFor(one, random)
      const [schema, server] = [one.admits(value) as boolean, one.parse(value)]
      seen[server.success ? 'admitted' : 'refused'] += 1
      if (schema === server.success) continue
      const excused = schema && server.messages.every((text) => beyondSchemas.includes(text))
      if (!excused)
        wrong.push(
          `${one.operationId}: ${schema ? 'the schema alone admits' : 'the server alone admits'} ` +
            `${JSON.stringify(value)?.slice(0, 300)} ${server.messages.join('; ')}${ajv.errorsText(one.admits.errors)}`,
        )
    }
    expect(wrong).toEqual([])
    expect(Math.min(seen.admitted, seen.refused)).toBeGreaterThan(bodies / 20)
  })
})

/** A valid body of which something may be changed, or one made from the schema alone. */
function valueFor({ schema, valid }: Case, random: Random): unknown {
  const made = near(schema, random)
  if (random.chance(0.25) || typeof made !== 'object' || made === null) return made
  const [name] = Object.keys(made).sort(() => random.next() - 0.5)
  const changed = name === undefined ? {} : { [name]: (made as Record<string, unknown>)[name] }
  return { ...(valid as object), ...changed }
}
