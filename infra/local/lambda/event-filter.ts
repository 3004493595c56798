import { Failure } from '../../failure.ts'

/**
 * Whether an event matches a filter pattern.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 * @throws Failure for an operator that is not understood here
 */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  return Object.entries(pattern as Record<string, unknown>).every(([name, part]) => {
    if (name === '$or') return (part as unknown[]).some((one) => matchesPattern(one, event))
    const value = (event as Record<string, unknown> | undefined)?.[name]
    if (Array.isArray(part)) return part.some((rule) => matchesRule(rule, value))
    return matchesPattern(part, value)
  })
}

function matchesRule(rule: unknown, value: unknown): boolean {
  if (typeof rule !== 'object' || rule === null) return value === rule
  const [[operator, argument] = []] = Object.entries(rule)
  const text = String(argument)
  switch (operator) {
    case 'exists':
      return (value !== undefined) === argument
    case 'prefix':
      return typeof value === 'string' && value.startsWith(text)
    case 'suffix':
      return typeof value === 'string' && value.endsWith(text)
    case 'equals-ignore-case':
      return typeof value === 'string' && value.toLowerCase() === text.toLowerCase()
    case 'anything-but':
      return value !== undefined && ![argument].flat().includes(value)
    case 'numeric':
      return typeof value === 'number' && isWithin(argument as readonly unknown[], value)
    default:
      throw new Failure(`the filter operator ${operator} is not understood here`)
  }
}

/** `[">", 0, "<=", 5]` */
function isWithin(bounds: readonly unknown[], value: number): boolean {
  for (let index = 0; index < bounds.length; index += 2) {
    const bound = Number(bounds[index + 1])
    const holds = { '=': value === bound, '<': value < bound, '<=': value <= bound }
    const others = { '>': value > bound, '>=': value >= bound }
    if (!{ ...holds, ...others }[String(bounds[index])]) return false
  }
  return true
}
