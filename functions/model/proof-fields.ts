import { bounded, issue, pattern, wholeRule } from './fields.ts'

/** What proves a second factor, in the bodies that take one of them. */
export function proofFields() {
  return {
    code: authenticatorCode().optional(),
    recoveryCode: bounded(100)
      .optional()
      .describe('One of your recovery codes: each works once; case and hyphens do not matter.'),
  }
}

/** The code of an authenticator app (RFC 6238). */
export function authenticatorCode() {
  return pattern(/^\d{6}$/, 6, 'six digits').describe(
    'What your authenticator app shows now; each code counts once.',
  )
}

/** The rule that exactly one of these members is there, for a body and for its documentation. */
export function exactlyOne<Names extends string>(...names: readonly Names[]) {
  return {
    check: wholeRule<Readonly<Partial<Record<Names, unknown>>>>(({ value, issues }) => {
      const given = names.filter((name) => value[name] !== undefined)
      if (given.length !== 1)
        issues.push(issue(value, `must have exactly one of ${names.join(', ')}`))
    }),
    documented: { oneOf: names.map((name) => ({ required: [name] })) },
  }
}
