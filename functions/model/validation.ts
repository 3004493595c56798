import type * as z from 'zod'
import type { Fault } from './problems.ts'

export const unknownField = 'is not a known field'

/** The faults that a schema found, one for each place, by its JSON Pointer (RFC 6901). */
export function faults(issues: readonly z.core.$ZodIssue[]): Fault[] {
  const byPlace = Map.groupBy(issues.flatMap(places), ({ pointer }) => pointer)
  return [...byPlace].map(([pointer, [first, ...others]]) => {
    // Of two bounds the later is the declared one: the first is what a double can hold.
    const stricter = others.findLast(
      ({ issue }) => issue?.code === first?.issue?.code && issue && 'origin' in issue,
    )
    const issue = (stricter ?? first)?.issue
    return { pointer, detail: issue ? sentence(issue) : unknownField }
  })
}

interface Place {
  readonly pointer: string
  /** Undefined for a field that nobody declared. */
  readonly issue?: z.core.$ZodIssue
}

function places(issue: z.core.$ZodIssue): Place[] {
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]) }))
    : [{ pointer: pointer(issue.path), issue }]
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** What is wrong, in our own words; zod's own would show types and patterns. */
function sentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is required'
        : `must be of type ${issue.expected === 'int' ? 'integer' : issue.expected}`
    case 'too_small':
      return `must ${counted(issue.origin)}${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit(issue.origin)}`
    case 'too_big':
      return `must ${counted(issue.origin)}${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit(issue.origin)}`
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'custom':
      return issue.message
    default:
      return 'does not have the required format'
  }
}

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' elements' }

function counted(origin: string): string {
  return origin in units ? 'have ' : 'be '
}

function unit(origin: string): string {
  return units[origin] ?? ''
}
