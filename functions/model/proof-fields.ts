import * as z from 'zod'
import { bounded, issue, pattern } from './fields.ts'

/** What proves a second factor, in the bodies that take one of them. */
export function proofFields() {
  return {
    code: pattern(/^\d{6}$/, 6, 'six digits').optional(),
    recoveryCode: bounded(100)
      .optional()
      .meta({ description: 'Case and hyphens do not matter; each works once' }),
  }
}

/** The rule that exactly one of these members is there, for a body and for its documentation. */
export function exactlyOne<Names extends string>(...names: readonly Names[]) {
  return {
    check: z.check<Readonly<Partial<Record<Names, unknown>>>>(({ value, issues }) => {
      const given = names.filter((name) => value[name] !== undefined)
      if (given.length !== 1)
        issues.push(issue(value, `must have exactly one of ${names.join(', ')}`))
    }),
    documented: { oneOf: names.map((name) => ({ required: [name] })) },
  }
}
