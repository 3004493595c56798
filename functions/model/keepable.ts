import { wholeRule } from './rules.ts'

/**
 * The check of what DynamoDB would not keep, whichever kind of field lets it through: text with a lone
 * surrogate, which UTF-8 cannot hold, and numbers closer to zero than 1e-130.
 * @param passedOver members that are not looked at
 */
export function keepable(passedOver: readonly string[] = []) {
  return wholeRule<object>(({ value, issues }) => {
    // A value of another type than its field's can be of any depth, and has been refused.
    const refused = issues
      .filter(({ code }) => code === 'invalid_type' || code === 'invalid_value')
      .map(({ path = [] }) => path.join('/'))
    const skipped = new Set([...refused, ...passedOver])
    for (const { path, message, input } of faultsIn(value, [], skipped))
      issues.push({ code: 'custom', path: [...path], message, input })
  })
}

interface Unkept {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly input: unknown
}

function faultsIn(input: unknown, path: readonly string[], skipped: ReadonlySet<string>): Unkept[] {
  if (skipped.has(path.join('/'))) return []
  if (typeof input === 'string')
    return input.isWellFormed() ? [] : [{ path, input, message: 'must be well-formed Unicode' }]
  if (typeof input === 'number')
    return isKeptNumber(input) ? [] : [{ path, input, message: tooSmall }]
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([name, inner]) => faultsIn(inner, [...path, name], skipped))
}

export const tooSmall = 'must not be closer to zero than 1e-130'

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
export function isKeptNumber(value: number): boolean {
  return value === 0 || Math.abs(value) >= 1e-130
}
