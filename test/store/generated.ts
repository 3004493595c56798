import * as z from 'zod'
import type { Resource } from '../../functions/model/declaration.ts'
import { email, integer, line, number } from '../../functions/model/fields.ts'
import type { Index } from '../../functions/model/indexes.ts'
import { users } from '../../functions/model/parents.ts'
import { resource } from '../../functions/model/resource.ts'
import { idAt } from '../seed.ts'

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomness(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (max: number) => Math.floor(next() * max)
  const pick = <Value>(list: readonly Value[]): Value => list[below(list.length)] as Value
  return { next, below, pick, chance: (part: number) => next() < part }
}
export type Random = ReturnType<typeof randomness>

type Kind = 'text' | 'mail' | 'whole' | 'number' | 'flag' | 'choice'

const schemas: Readonly<Record<Kind, () => z.ZodType>> = {
  text: () => line(1, 40),
  mail: email,
  whole: () => integer(-5, 5),
  number: () => number(-1e9, 1e9),
  flag: () => z.boolean(),
  choice: () => z.enum(['draft', 'published', 'Zebra']),
}

/** Texts that differ by form, by case, by length alone, and by what UTF-16 and UTF-8 put first. */
const texts = [
  'a',
  'A',
  'ab',
  'a!',
  'a b',
  'b',
  'é',
  'e\u0301',
  'e',
  '\u{1f600}',
  '\ue000',
  '\uffee',
  '~',
  '0',
]

const values: Readonly<Record<Kind, readonly unknown[]>> = {
  text: [...texts, ...texts.map((text) => `a${text}`)],
  mail: ['a@b.org', 'A@b.org', 'b@b.org', 'a@b.orga'],
  whole: [-5, -1, 0, 1, 2, 5],
  number: [-1e9, -2.5, -0.000001, 0, -0, 0.000001, 0.1, 0.5, 2, 10, 1e9],
  flag: [true, false],
  choice: ['draft', 'published', 'Zebra'],
}

export interface Generated {
  readonly resource: Resource
  readonly kinds: Readonly<Record<string, Kind>>
  readonly optional: ReadonlySet<string>
}

const kinds = Object.keys(schemas) as Kind[]

/** A declaration: fields of every kind, and indexes over some. */
export function generated(random: Random, name: string): Generated {
  const named = kinds.map((kind) => [kind, kind] as const)
  const optional = new Set(kinds.filter(() => random.chance(0.4)))
  const field = (): Kind => random.pick(kinds)
  const indexes = new Map<string, Index>()
  for (let count = 1 + random.below(4); count > 0; count--) {
    const [by, sort] = [field(), field()]
    const index = random.pick<Index>([{ by }, { sort }, by === sort ? { by } : { by, sort }])
    indexes.set(JSON.stringify(index), index)
  }
  const fields = named.map(([field, kind]): [string, z.ZodType] => {
    const schema = schemas[kind]()
    return [field, optional.has(field) ? schema.optional() : schema]
  })
  return {
    resource: resource({
      name,
      singular: `${name}One`,
      fields: { ...Object.fromEntries(fields), serial: line(1, 40) } as Record<string, z.ZodType>,
      unique: ['serial'],
      indexes: [...indexes.values()],
      ...(random.chance(0.3) ? { parent: users } : { shards: random.pick([1, 1, 3]) }),
    }),
    kinds: Object.fromEntries(named),
    optional,
  }
}

export type Row = Readonly<Record<string, unknown>> & { readonly id: string }

export function rows({ kinds, optional, resource }: Generated, random: Random): Row[] {
  const count = random.below(40)
  return Array.from({ length: count }, (_, at) => {
    const fields = Object.entries(kinds)
      .filter(([field]) => !optional.has(field) || random.chance(0.6))
      .map(([field, kind]) => [field, random.pick(values[kind])])
    const id = idAt(1_700_000_000_000 + at)
    const parent = resource.parent ? { userId: random.pick(['one', 'another']) } : {}
    return { id, ...parent, ...Object.fromEntries(fields), serial: `n${at}` }
  })
}

/** A query that the declaration answers, as the text of its parameters. */
export function query({ resource, kinds }: Generated, random: Random): Record<string, string> {
  const asked: Record<string, string> = {}
  const value = (field: string) => String(random.pick(values[kinds[field] ?? 'text']))
  const { by, sort } = random.pick<Index>([...resource.indexes, {}])
  if (by !== undefined) asked[by] = value(by)
  if (sort !== undefined) bound(asked, sort, kinds[sort] === 'text', value, random)
  for (const index of resource.indexes)
    for (const field of [index.by ?? index.sort])
      if (field !== undefined && random.chance(0.15) && !isBounded(asked, field))
        asked[field] = value(field)
  if (random.chance(0.1)) asked.serial = `n${random.below(45)}`
  return asked
}

function isBounded(asked: Readonly<Record<string, string>>, field: string): boolean {
  return Object.keys(asked).some((name) => name.startsWith(`${field}[`))
}

function bound(
  asked: Record<string, string>,
  field: string,
  isText: boolean,
  value: (field: string) => string,
  random: Random,
): void {
  if (random.chance(0.2)) {
    asked[field] = value(field)
    if (random.chance(0.5)) asked.sort = random.pick([field, `-${field}`])
    return
  }
  if (random.chance(0.6)) asked.sort = random.pick([field, `-${field}`])
  if (isText && random.chance(0.3)) {
    asked[`${field}[prefix]`] = random.pick(['', 'a', 'a', 'e', '\u{1f600}'])
    return
  }
  if (random.chance(0.4)) asked[`${field}[${random.pick(['gte', 'gt'])}]`] = value(field)
  if (random.chance(0.4)) asked[`${field}[${random.pick(['lte', 'lt'])}]`] = value(field)
  if (Object.keys(asked).every((name) => !name.startsWith(`${field}[`))) asked.sort ??= field
}
