import * as z from 'zod'
import { rule } from './rules.ts'

const pattern = /^[A-Za-z0-9._@+-]{3,128}$/

/** The username field: shown as entered, unique without regard to case. */
export function username() {
  return z
    .string()
    .check(
      rule(
        (value) => pattern.test(value),
        'must have 3 to 128 characters, each one of A-Z a-z 0-9 . _ @ + -',
      ),
    )
    .meta({ minLength: 3, maxLength: 128, pattern: pattern.source })
    .describe('Shown as it was entered; unique without regard to case.')
}

/** The form in which valid usernames are compared, and by which a user is found. */
export function usernameKey(username: string): string {
  return username.toLowerCase()
}

/** The same of any text; undefined for what cannot be a username. */
export function normalizedUsername(entered: string): string | undefined {
  return pattern.test(entered) ? usernameKey(entered) : undefined
}
