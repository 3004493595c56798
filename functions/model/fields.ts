import * as z from 'zod'

/**
 * The kinds of field that a resource is declared with. Lengths count Unicode code points, as JSON
 * Schema's do; text with a lone surrogate is refused, because UTF-8 cannot hold it.
 */

const controlCharacter = /\p{Cc}/u
const nul = '\u0000'

/** Single-line text: at least one visible character, no control characters. */
export function line(min: number, max: number) {
  return z
    .string()
    .check(
      length(min, max),
      rule((value) => /\S/u.test(value), 'must contain a character that is not blank'),
      rule((value) => !controlCharacter.test(value), 'must not contain control characters'),
    )
    .meta({ minLength: min, maxLength: max })
}

/** Text of any lines; every character but NUL. */
export function text(max: number) {
  return z
    .string()
    .check(
      length(0, max),
      rule((value) => !value.includes(nul), 'must not contain the NUL character'),
    )
    .meta({ maxLength: max })
}

/** An e-mail address of at most 254 characters (RFC 5321 4.5.3.1, less the angle brackets). */
export function email() {
  const address = z.email()
  return z
    .string()
    .check(
      rule(
        (value) =>
          value.length <= 254 && value.indexOf('@') <= 64 && address.safeParse(value).success,
        'must be an e-mail address',
      ),
    )
    .meta({ format: 'email', maxLength: 254 })
}

/** A whole number in the range. */
export function integer(min: number, max: number) {
  return z.int().min(min).max(max)
}

/**
 * A number in the range. DynamoDB keeps magnitudes down to 1e-130; smaller ones are refused.
 * @throws Error for a range of numbers that a double does not hold exactly
 */
export function number(min: number, max: number) {
  if (Math.max(-min, max) > Number.MAX_SAFE_INTEGER) throw new Error('The range is too wide')
  return z
    .number()
    .min(min)
    .max(max)
    .check((context) => {
      if (context.value !== 0 && Math.abs(context.value) < 1e-130)
        context.issues.push(issue(context.value, 'must not be closer to zero than 1e-130'))
    })
}

export const slugPattern = '^[a-z0-9-]+$'

/** Lower-case letters, digits and hyphens: a name that is its own address. */
export function slug(max: number) {
  const pattern = new RegExp(slugPattern)
  return z
    .string()
    .check(
      rule(
        (value) => value.length <= max && pattern.test(value),
        `must be 1 to ${max} lower-case letters, digits or hyphens`,
      ),
    )
    .meta({ minLength: 1, maxLength: max, pattern: slugPattern })
}

/** The id that Portcullis gives to items: UUIDv7 (RFC 9562), in lower case. */
export function id() {
  return z
    .string()
    .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    .meta({ format: 'uuid' })
}

/** A time as Portcullis writes it: ISO 8601, UTC, milliseconds. */
export function time() {
  return z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
    .meta({ format: 'date-time' })
}

function length(min: number, max: number) {
  return (context: z.core.ParsePayload<string>) => {
    const { value } = context
    if (!value.isWellFormed()) context.issues.push(issue(value, 'must be well-formed Unicode'))
    // A string has at most as many code points as code units, and at least half as many.
    const points = value.length > max * 2 ? value.length : [...value].length
    if (points < min || points > max)
      context.issues.push(issue(value, `must have ${min} to ${max} characters`))
  }
}

/** A check of a string that reports `message` when the test fails. */
export function rule(test: (value: string) => boolean, message: string) {
  return (context: z.core.ParsePayload<string>) => {
    if (!test(context.value)) context.issues.push(issue(context.value, message))
  }
}

function issue(input: unknown, message: string): z.core.$ZodRawIssue {
  return { code: 'custom', input, message, continue: true }
}
