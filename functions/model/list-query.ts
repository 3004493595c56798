import * as z from 'zod'
import type { Resource } from './declaration.ts'
import { date, dateTime, lowerCase } from './fields.ts'
import { exactFields, sortFields } from './indexes.ts'
import { hasFormat } from './zod-checks.ts'

/** The query of every list: filters, ranges (`age[gte]`), prefixes and `sort` by their parameters. */
export interface ListQuery {
  limit: number
  cursor?: string | undefined
  [parameter: string]: unknown
}

/** The bounds that a sorted field takes, with what each means. */
export const bounds = {
  gte: 'at least',
  gt: 'greater than',
  lte: 'at most',
  lt: 'less than',
} as const
export type Bound = keyof typeof bounds

type Asked = Pick<Resource, 'name' | 'fields' | 'indexes' | 'lookups'>

export function listQuery(resource: Asked): z.ZodObject {
  const exact = exactFields(resource).map((name): [string, z.ZodType] => [
    name,
    parameter(plain(fieldOf(resource, name))).describe(`Only items with exactly this ${name}.`),
  ])
  const sorted = sortFields(resource)
  const order = sorted.flatMap((name) => [name, `-${name}`])
  return z.strictObject({
    ...pageQuery().shape,
    ...Object.fromEntries(exact),
    ...Object.fromEntries(sorted.flatMap((name) => ranges(resource, name))),
    ...(sorted.length > 0 && {
      sort: z
        .enum(order)
        .optional()
        .describe(
          'The field to sort by; with `-`, in descending order. Default: newest first or, with a range or prefix, ascending by its field.',
        ),
    }),
  })
}

/** The most items that a page has. */
export const maxLimit = 100

/** Characters of a cursor: a place of at most 1,024 bytes, and what seals it. */
export const maxCursor = 2048

/** The query of a list without filters. @param size the limit where the request gives none */
export function pageQuery(size = 25) {
  const limit = z.int().min(1).max(maxLimit).default(size)
  return z.strictObject({
    limit: fromText(limit).describe('The size of the page.'),
    cursor: z
      .string()
      .max(maxCursor)
      .optional()
      .meta({ minLength: 1 })
      .describe("The previous page's `nextCursor`."),
  })
}

/** A bound has the type of the field, and may lie outside what the field admits. */
function ranges(resource: Asked, name: string): [string, z.ZodType][] {
  const type = typeOf(plain(fieldOf(resource, name)))
  const entries = Object.entries(bounds).map(([bound, means]): [string, z.ZodType] => [
    `${name}[${bound}]`,
    parameter(type).describe(`Only items whose ${name} is ${means} this value.`),
  ])
  if (!takesPrefix(resource, name)) return entries
  const prefix = parameter(type).describe(`Only items whose ${name} begins with this text.`)
  return [...entries, [`${name}[prefix]`, prefix]]
}

/** Whether a list in the order of this field can be asked for a prefix: only of plain text. */
export function takesPrefix(resource: Pick<Resource, 'name' | 'fields'>, name: string): boolean {
  const field = plain(fieldOf(resource, name))
  return !isTime(field) && typeOf(field) instanceof z.ZodString
}

function parameter(schema: z.ZodType): z.ZodType {
  return fromText(schema).optional()
}

/** The field without what applies when it is left out. */
export function plain(field: z.ZodType): z.ZodType {
  return field instanceof z.ZodOptional || field instanceof z.ZodDefault
    ? plain(field.unwrap() as z.ZodType)
    : field
}

/** Longer than any field that is sorted by. */
const maxText = 1000

function typeOf(field: z.ZodType): z.ZodType {
  if (isWhole(field)) return z.int()
  if (field instanceof z.ZodNumber || isChoiceOfNumbers(field)) return z.number()
  if (field instanceof z.ZodBoolean) return z.boolean()
  if (hasFormat(field, 'date')) return date()
  if (hasFormat(field, 'date-time')) return dateTime()
  if (isTime(field)) return field
  const text = z.string().max(maxText)
  // Ids of ours are kept in lower case, and taken in any.
  return field.meta()?.format === 'uuid' ? text.overwrite(lowerCase) : text
}

/** As fields of ours have them, and zod's. */
const timeFormats = ['date', 'date-time', 'datetime']

function isTime(field: z.ZodType): boolean {
  return timeFormats.some((format) => hasFormat(field, format))
}

/** Zod's names; its own `isInt` needs all of its JSON Schema. */
const wholeFormats = ['safeint', 'int32', 'uint32']

function isWhole(field: z.ZodType): boolean {
  return wholeFormats.some((format) => hasFormat(field, format))
}

function isChoiceOfNumbers(field: z.ZodType): boolean {
  return field instanceof z.ZodEnum && field.options.every((option) => typeof option === 'number')
}

/** A query holds text: what should be a number or a boolean is read as JSON. */
function fromText(field: z.ZodType): z.ZodType {
  if (plain(field).type === 'string') return field
  const literal = isWhole(plain(field)) ? decimal : anyLiteral
  return z.preprocess((value) => {
    if (typeof value !== 'string' || field.safeParse(value).success) return value
    return literal.test(value) ? JSON.parse(value) : value
  }, field)
}

/** Nobody writes a whole number with an exponent. */
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
const anyLiteral = /^(?:true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/** The schema of a field. @throws Error when the resource does not declare it */
export function fieldOf(resource: Pick<Resource, 'name' | 'fields'>, name: string): z.ZodType {
  const field = resource.fields[name]
  if (!field) throw new Error(`${resource.name} declares no field ${name}`)
  return field
}
