import { Failure } from './failure.ts'

/**
 * Whether an event matches a filter pattern: lists of values, `exists`, `prefix` and
 * `anything-but` at the leaves; other operators are refused.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  return Object.entries(pattern as Record<string, unknown>).every(([name, part]) => {
    const value = (event as Record<string, unknown> | undefined)?.[name]
    if (Array.isArray(part)) return part.some((rule) => matchesRule(rule, value))
    return matchesPattern(part, value)
  })
}

function matchesRule(rule: unknown, value: unknown): boolean {
  if (typeof rule !== 'object' || rule === null) return value === rule
  const [[operator, argument] = []] = Object.entries(rule)
  switch (operator) {
    case 'exists':
      return (value !== undefined) === argument
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(argument))
    case 'anything-but':
      return value !== undefined && ![argument].flat().includes(value)
    default:
      throw new Failure(`the filter operator ${operator} is not understood here`)
  }
}
