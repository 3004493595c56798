import type * as z from 'zod'
import type { Fault } from './problems.ts'

/** All faults that a schema found, each with the JSON Pointer (RFC 6901) of its place. */
export function faults(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        pointer: pointer([...issue.path, key]),
        detail: 'is not a known field',
      }))
    return [{ pointer: pointer(issue.path), detail: detail(issue) }]
  })
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function detail(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is required'
        : `must be of type ${issue.expected === 'int' ? 'integer' : issue.expected}`
    case 'too_small':
      return `must be at least ${issue.minimum}`
    case 'too_big':
      return `must be at most ${issue.maximum}`
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    default:
      return issue.message
  }
}
