import * as z from 'zod'
import { bounded } from '../model/fields.ts'
import { rule } from '../model/rules.ts'

/** The fields of several bodies, with what the documentation says of them. */

/** RFC 6749 section 3.3. */
export function scopes() {
  return z.string().describe('What it allows: scopes, separated by spaces.')
}

/** Scopes that are asked for: at least one. */
export function askedScopes(max: number) {
  return bounded(max)
    .check(rule((value) => /[^ ]/.test(value), 'must contain at least one scope'))
    .meta({ maxLength: max, pattern: '[^ ]' })
}

export function presentPassword() {
  return bounded(1024)
    .meta({ format: 'password' })
    .describe('Your current password; it is compared in NFC form.')
}

/** A refresh token that is sent; forms are checked differently from JSON. */
export function refreshToken<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.describe('From the login or the previous refresh; each token works once.')
}
