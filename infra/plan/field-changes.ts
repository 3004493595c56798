import { isDeepStrictEqual } from 'node:util'
import type { Verdict } from './change.ts'
import type { FieldRecord, FieldRecords, Json } from './record.ts'

/** A change, before it is known which resource it belongs to. */
export type Said = readonly [verdict: Verdict, text: string]

export interface Context {
  /** Whether there may be items. */
  readonly hasItems: boolean
  /** Whether an `upgrade` was added, which leads old items to the new form. */
  readonly upgraded: boolean
  /** The field that is the key of an item; where ids are made, no field has the name. */
  readonly key: string
}

/** What changes with the fields that clients write. */
export function fieldChanges(before: FieldRecords, now: FieldRecords, context: Context): Said[] {
  const added = Object.keys(now).filter((name) => !before[name])
  const removed = Object.keys(before).filter((name) => !now[name])
  const kept = Object.keys(now).filter((name) => before[name])
  return [
    ...added.map((name) => addedField(name, now[name] as FieldRecord, context)),
    ...removed.map(
      (name): Said => [
        'nothing',
        `${name} is not declared any more: it is not answered, and a request that has it is 422.`,
      ],
    ),
    ...kept.flatMap((name) =>
      changedField(name, before[name] as FieldRecord, now[name] as FieldRecord, context),
    ),
  ]
}

function addedField(name: string, field: FieldRecord, { hasItems, upgraded }: Context): Said {
  if (!hasItems) return ['nothing', `the field ${name} is new; nothing is stored yet.`]
  if (upgraded)
    return ['reindex', `the field ${name} is new; \`upgrade\` gives it to stored items.`]
  if (field.presence === 'required')
    return [
      'refused',
      `the required field ${name} is new, and stored items lack it: give it a default, make it optional, or add an \`upgrade\`.`,
    ]
  const answered =
    field.presence === 'optional'
      ? `the optional field ${name} is new; stored items do not have it`
      : `the field ${name} is new; stored items are answered with its default ${JSON.stringify(field.default)} at once`
  return [
    'nothing',
    `${answered}, unless a field of this name was declared before: then its stored values are answered, and an \`upgrade\` removes them.`,
  ]
}

function changedField(
  name: string,
  before: FieldRecord,
  now: FieldRecord,
  { hasItems, upgraded, key }: Context,
): Said[] {
  const narrowed = narrowings(before.schema, now.schema)
  const said: Said[] = []
  if (name === key && narrowed.length > 0)
    said.push([
      'nothing',
      `${name} takes less (${narrowed.join('; ')}) of new items; stored keys need not fit.`,
    ])
  else if (narrowed.length > 0)
    said.push(
      upgraded
        ? [
            'reindex',
            `${name} takes less (${narrowed.join('; ')}); \`upgrade\` leads stored items.`,
          ]
        : ['nothing', `${name} takes less (${narrowed.join('; ')}). ${unfit(hasItems)}`],
    )
  else if (!isDeepStrictEqual(before.schema, now.schema))
    said.push(['nothing', `${name} takes more; every stored value fits.`])
  if (before.presence !== now.presence)
    said.push(presenceChange(name, before, now, hasItems, upgraded))
  else if (!isDeepStrictEqual(before.default, now.default))
    said.push([
      'nothing',
      `the default of ${name} is ${JSON.stringify(now.default)}; items that have a value keep it, others are answered with this one.`,
    ])
  return said
}

function unfit(hasItems: boolean): string {
  return hasItems
    ? 'A stored item that does not fit is answered as it is; its next write must fix it (422).'
    : 'Nothing is stored yet.'
}

function presenceChange(
  name: string,
  before: FieldRecord,
  now: FieldRecord,
  hasItems: boolean,
  upgraded: boolean,
): Said {
  if (now.presence !== 'required')
    return [
      'nothing',
      now.presence === 'optional'
        ? `${name} is optional now; every stored item fits.`
        : `${name} has the default ${JSON.stringify(now.default)} now; every stored item fits.`,
    ]
  if (!hasItems) return ['nothing', `${name} is required now; nothing is stored yet.`]
  if (upgraded) return ['reindex', `${name} is required now; \`upgrade\` gives it to stored items.`]
  if (before.presence === 'default')
    return [
      'nothing',
      `${name} has no default any more: the next write of a stored item that lacks it must name it (422).`,
    ]
  return [
    'refused',
    `${name} is required now, and stored items may lack it: give it a default, or add an \`upgrade\`.`,
  ]
}

/** How a value that was right may be wrong now, by JSON Schema. */
function narrowings(before: Json, now: Json, at = ''): string[] {
  const kind = (schema: Json) =>
    `${schema.type ?? 'anything'}${schema.format ? ` (${schema.format})` : ''}`
  if (kind(before) !== kind(now) && !isWiderKind(before, now))
    return [`${at}${kind(now)} in the place of ${kind(before)}`]
  return [
    ...bounds.flatMap(([names, sign]) => tighter(before, now, names, sign, at)),
    ...lostWords(before, now, at),
    ...coarser(before, now, at),
    ...otherPattern(before, now, at),
    ...nested(before, now, at),
    ...unlike(before, now, at),
  ]
}

/** Whole numbers are numbers, and text with a format is text. */
function isWiderKind(before: Json, now: Json): boolean {
  if (before.type === 'integer' && now.type === 'number') return true
  return before.type === now.type && before.format !== undefined && now.format === undefined
}

function otherPattern(before: Json, now: Json, at: string): string[] {
  const were = patternsOf(before)
  const isOther = patternsOf(now).some((pattern) => !were.includes(pattern))
  return isOther && isAlike(before, now) ? [`${at}another pattern`] : []
}

/** The form of a field, and those that were added to it. */
function patternsOf({ pattern, allOf }: Json): readonly unknown[] {
  const added = Array.isArray(allOf) ? allOf.map((one: Json) => one.pattern) : []
  return [pattern, ...added].filter((one) => one !== undefined)
}

/** Each kind of text has a pattern of its own: that the kind is another has been said. */
function isAlike(before: Json, now: Json): boolean {
  if (wordsOf(before)) return false
  return before.format === now.format || before.format === undefined
}

/** Those from below and those from above; the second of two excludes what it names. */
const bounds: readonly (readonly [names: readonly string[], sign: 1 | -1])[] = [
  [['minimum', 'exclusiveMinimum'], 1],
  [['minLength'], 1],
  [['minItems'], 1],
  [['maximum', 'exclusiveMaximum'], -1],
  [['maxLength'], -1],
  [['maxItems'], -1],
]

function tighter(
  before: Json,
  now: Json,
  names: readonly string[],
  sign: 1 | -1,
  at: string,
): string[] {
  // How long a word is was no bound of its own.
  if (wordsOf(before)) return []
  const [was, is] = [tightest(before, names, sign), tightest(now, names, sign)]
  if (!is || (was && (was.value - is.value || was.excludes - is.excludes) >= 0)) return []
  return [`${at}${is.name} ${now[is.name]}`]
}

function tightest(schema: Json, names: readonly string[], sign: 1 | -1) {
  const isWhole = schema.type === 'integer'
  const found = names.flatMap((name, excludes) => {
    const { [name]: bound } = schema
    if (typeof bound !== 'number') return []
    const value = sign * bound
    return [isWhole ? { name, value: value + excludes, excludes: 0 } : { name, value, excludes }]
  })
  return found.sort((a, b) => b.value - a.value || b.excludes - a.excludes)[0]
}

function wordsOf(schema: Json): readonly unknown[] | undefined {
  if (schema.const !== undefined) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : undefined
}

function lostWords(before: Json, now: Json, at: string): string[] {
  const [was, is] = [wordsOf(before), wordsOf(now)]
  if (!was) return is ? [`${at}only ${is.join(', ')}`] : []
  const lost = was.filter((word) => !(is ? is.includes(word) : isWithin(now, word)))
  return lost.length > 0 ? [`${at}without ${lost.join(', ')}`] : []
}

/** Whether a word of a choice fits the text, or the number, that has taken its place. */
function isWithin(now: Json, word: unknown): boolean {
  const size = typeof word === 'string' ? [...word].length : word
  const alone = { type: now.type, minimum: size, minLength: size, maximum: size, maxLength: size }
  const patterns = typeof word === 'string' ? patternsOf(now).flatMap(expressionOf) : []
  return (
    patterns.every((pattern) => pattern.test(String(word))) &&
    bounds.every(([names, sign]) => tighter(alone, now, names, sign, '').length === 0)
  )
}

/** A pattern that can be tried: of a long one the record has only a print. */
function expressionOf(pattern: unknown): RegExp | [] {
  if (typeof pattern !== 'string' || /^[\w-]{8}$/.test(pattern)) return []
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return new RegExp(pattern)
  }
}

function coarser(before: Json, { multipleOf }: Json, at: string): string[] {
  if (typeof multipleOf !== 'number') return []
  const was = before.multipleOf ?? (before.type === 'integer' ? 1 : undefined)
  return typeof was === 'number' && was % multipleOf === 0 ? [] : [`${at}multipleOf ${multipleOf}`]
}

/** What was compared above, and what does not say what fits. */
const understood: ReadonlySet<string> = new Set([
  ...bounds.flatMap(([names]) => names),
  ...['type', 'format', 'enum', 'const', 'multipleOf', 'pattern', 'allOf', 'items'],
  ...['properties', 'required', 'default', 'examples', 'id'],
])

/** What is not understood may take less: it is not said to take more. */
function unlike(before: Json, now: Json, at: string): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return names
    .filter((name) => !understood.has(name) && !isDeepStrictEqual(before[name], now[name]))
    .map((name) => `${at}another ${name}`)
}

/** The elements of lists, and the members of objects. */
function nested(before: Json, now: Json, at: string): string[] {
  const [element, elementNow] = [before.items as Json | undefined, now.items as Json | undefined]
  const [members, membersNow] = [before.properties, now.properties] as (
    | Readonly<Record<string, Json>>
    | undefined
  )[]
  const [needed, neededNow] = [before.required, now.required].map(
    (names) => (names ?? []) as string[],
  )
  return [
    ...(element && elementNow ? narrowings(element, elementNow, `${at}each `) : []),
    ...Object.entries(members ?? {}).flatMap(([name, schema]) => {
      const member = membersNow?.[name]
      if (member) return narrowings(schema, member, `${at}${name}: `)
      return membersNow ? [`${at}without ${name}`] : []
    }),
    ...(neededNow ?? [])
      .filter((name) => !needed?.includes(name))
      .map((name) => `${at}${name} is required`),
  ]
}
