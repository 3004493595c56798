import * as z from 'zod'
import { breakingCharacter, emailPattern, linePattern, visibleCharacter } from './characters.ts'
import type { Resource } from './declaration.ts'
import { isKeptNumber, tooSmall } from './keepable.ts'
import { inWords } from './names.ts'
import { issue, rule, wholeRule } from './rules.ts'

/**
 * The kinds of field that a resource is declared with; each may be `.optional()` or have a
 * `.default()`. Lengths count Unicode code points, as JSON Schema's do; text with a lone surrogate is
 * refused, because UTF-8 cannot hold it.
 */

const nul = '\u0000'

/** Single-line text: at least one visible character, no control characters or line breaks. */
export function line(min: number, max: number) {
  return z
    .string()
    .check(
      length(min, max),
      rule((value) => visibleCharacter.test(value), 'must contain a visible character'),
      rule(
        (value) => !breakingCharacter.test(value),
        'must be one line, without control characters',
      ),
    )
    .meta({ minLength: min, maxLength: max, pattern: linePattern })
}

/**
 * Text that is not kept, and of which only the length is checked: what somebody who has not signed
 * in sends must cost nothing to refuse.
 */
export function bounded(max: number) {
  return z
    .string()
    .check(rule((value) => fits(value, 0, max), `must have at most ${max} characters`))
    .meta({ maxLength: max })
}

/** Text of any lines; every character but NUL. */
export function text(max: number, min = 0) {
  return z
    .string()
    .check(
      length(min, max),
      rule((value) => !value.includes(nul), 'must not contain the NUL character'),
    )
    .meta({ ...(min > 0 && { minLength: min }), maxLength: max, pattern: '^[^\\u0000]*$' })
}

const email254 = new RegExp(emailPattern)

/** An e-mail address of at most 254 characters (RFC 5321 4.5.3.1, less the angle brackets). */
export function email() {
  return z
    .string()
    .check(rule(isEmailAddress, 'must be an e-mail address'))
    .meta({ format: 'email', maxLength: 254, pattern: emailPattern })
}

export function isEmailAddress(text: string): boolean {
  return text.length <= 254 && email254.test(text)
}

/**
 * Text of your own form, described by `is`: `pattern(/^[A-Z]{3}$/, 3, 'three capitals')`. The form
 * is read as with the flag `u`, as JSON Schema reads it.
 * @throws Error for any other flag, which the documentation could not say
 */
export function pattern(written: RegExp, max: number, is: string) {
  if (!/^u?$/.test(written.flags))
    throw new Error(
      `pattern(${written}): leave its flags out, as JSON Schema has none: [Aa] stands for both cases`,
    )
  const form = new RegExp(written.source, 'u')
  return z
    .string()
    .check(
      rule(
        (value) => value.isWellFormed() && fits(value, 0, max) && form.test(value),
        `must be ${is}`,
      ),
    )
    .meta({ maxLength: max, pattern: form.source })
}

/** One of these words. */
export function choice<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words)
}

export function boolean() {
  return z.boolean()
}

/** A whole number in the range. @throws Error for one that a double does not hold exactly */
export function integer(min: number, max: number) {
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min > max)
    throw new Error(`integer(${min}, ${max}): the bounds must be whole numbers within ±2^53`)
  return z.int().min(min).max(max)
}

/**
 * A number in the range. DynamoDB keeps magnitudes down to 1e-130; smaller ones are refused.
 * @throws Error for a range of numbers that a double does not hold exactly
 */
export function number(min: number, max: number) {
  if (!(min <= max && Math.max(-min, max) <= Number.MAX_SAFE_INTEGER))
    throw new Error(`number(${min}, ${max}): the range is too wide, or empty`)
  return z
    .number()
    .min(min)
    .max(max)
    .check((context) => {
      if (!isKeptNumber(context.value)) context.issues.push(issue(context.value, tooSmall))
    })
}

/** A real day: `2026-11-26` (RFC 3339 full-date). */
export function date() {
  return z
    .string()
    .check(rule((value) => isTime(`${value}T00:00:00.000Z`), 'must be a day, such as 2026-11-26'))
    .meta({ format: 'date', maxLength: 10 })
}

/** A time of one form, ISO 8601 in UTC with milliseconds: `2026-11-26T08:30:00.000Z`. */
export function dateTime() {
  return z
    .string()
    .check(rule(isTime, 'must be a time in UTC, such as 2026-11-26T08:30:00.000Z'))
    .meta({ format: 'date-time', maxLength: 24, pattern: '^.{10}T.{12}Z$' })
}

/** An object of these fields and no others. */
export function object<const Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) {
  return z.strictObject(shape)
}

/**
 * At most `max` of one kind, in their order. Zod's own `max` would leave out what else is wrong.
 */
export function list<Element extends z.ZodType>(element: Element, max: number) {
  return z
    .array(element)
    .check(
      wholeRule(({ value, issues }) => {
        if (value.length > max) issues.push(issue(value, `must have at most ${max} elements`))
      }),
    )
    .meta({ maxItems: max })
}

/** What a reference leads to, by its schema. */
export interface Reference {
  readonly to: Resource
  readonly publicly: true | undefined
}
const references = new WeakMap<z.core.$ZodType, Reference>()

/**
 * The key of an item of another resource, which must be there, and readable by the caller, when a
 * request names it.
 * @param publicly given where items that everybody may read lead to what is not public
 */
export function ref(to: Resource, publicly?: 'publicly') {
  if (to.parent && !to.owner) throw new Error(`ref(${to.name}): its items have no key of their own`)
  const key = to.naturalKey ? storedKey(to.fields[to.key] as z.ZodType) : anyCaseId()
  const field = key.meta({
    description: `The ${to.key} of the ${inWords(to.singular)} that it refers to.`,
  })
  references.set(field, { to, publicly: publicly && true })
  return field
}

/** What the values of a field lead to; undefined for a field that is not a `ref`. */
export function referenceOf(field: z.ZodType): Reference | undefined {
  const unwrapped =
    field instanceof z.ZodOptional || field instanceof z.ZodDefault
      ? (field.unwrap() as z.ZodType)
      : field
  return leadOf(unwrapped)
}

/** A schema derived from another, as `describe` does, refers to the same resource. */
function leadOf(schema: z.core.$ZodType): Reference | undefined {
  const { parent } = schema._zod
  return references.get(schema) ?? (parent && leadOf(parent))
}

export const slugPattern = '^[a-z0-9-]+$'

/** Lower-case letters, digits and hyphens: a name that is its own address. */
export function slug(max: number) {
  const form = new RegExp(slugPattern)
  return z
    .string()
    .check(
      rule(
        (value) => value.length <= max && form.test(value),
        `must be 1 to ${max} lower-case letters, digits or hyphens`,
      ),
    )
    .meta({ minLength: 1, maxLength: max, pattern: slugPattern })
}

/** A key that a client chose, when it was made: it may be longer than is declared now. */
export function storedSlug() {
  return slug(299)
}

/** The same with what the field of new keys says of itself, but for its length. */
export function storedKey(key: z.ZodType) {
  const { maxLength: _, ...rest } = key.meta() ?? {}
  return storedSlug().meta(rest)
}

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The id that Portcullis gives to items: UUIDv7 (RFC 9562), in lower case. */
export function id() {
  return z
    .string()
    .check(rule((value) => uuid7.test(value), 'must be an id'))
    .meta({ format: 'uuid', maxLength: 36, pattern: uuid7.source })
}

/** An id that is taken in any case (RFC 9562 section 4) and kept in lower case. */
function anyCaseId() {
  const anyCase = uuid7.source.replaceAll('a-f', 'a-fA-F').replace('[89ab]', '[89abAB]')
  return z
    .string()
    .overwrite(lowerCase)
    .check(rule((value) => uuid7.test(value), 'must be an id'))
    .meta({ format: 'uuid', maxLength: 36, pattern: anyCase })
}

/** The one change of what is sent: `checkStorable` refuses all others. */
export function lowerCase(id: string): string {
  return id.toLowerCase()
}

/** A time as Portcullis writes it: ISO 8601, UTC, milliseconds. */
export function time() {
  return dateTime()
}

function isTime(value: string): boolean {
  const milliseconds = /^\d{4}-/.test(value) ? Date.parse(value) : Number.NaN
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === value
}

function length(min: number, max: number) {
  return (context: z.core.ParsePayload<string>) => {
    const { value } = context
    if (!value.isWellFormed()) context.issues.push(issue(value, 'must be well-formed Unicode'))
    else if (!fits(value, min, max))
      context.issues.push(issue(value, `must have ${min} to ${max} characters`))
  }
}

/** A string has at most as many code points as code units, and at least half as many. */
function fits(value: string, min: number, max: number): boolean {
  if (value.length > max * 2) return false
  const points = value.length > max || min > 0 ? [...value].length : value.length
  return points >= min && points <= max
}
