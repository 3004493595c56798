import { bounded, pattern } from './fields.ts'
import { issue, wholeRule } from './rules.ts'

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
    'The code that your authenticator app shows now; each code works once.',
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

/** The rule that one of two members is there, whose faults are told of the first. */
export function eitherOf<First extends string, Other extends string>(first: First, other: Other) {
  const { documented } = exactlyOne<First | Other>(first, other)
  return {
    check: wholeRule<Readonly<Partial<Record<First | Other, unknown>>>>(({ value, issues }) => {
      const alone = value[other] === undefined
      if ((value[first] === undefined) !== alone) return
      const message = alone ? 'is required' : `must not be given together with ${other}`
      issues.push({ code: 'custom', input: value, path: [first], message })
    }),
    documented,
  }
}
