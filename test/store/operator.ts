import type { Resource } from '../../functions/model/declaration.ts'
import {
  beginReindex,
  endReindex,
  reindexPage,
  reindexStatus,
} from '../../functions/operator/reindex-page.ts'
import type { Invoke } from '../../infra/reindex/reindex.ts'

/** What the operator's function does, ending at the given page as if it were killed. */
export function operator(of: Resource, pages = Number.POSITIVE_INFINITY): Invoke {
  let left = pages
  return async (command) => {
    const { command: name, resource: _, ...given } = command as Record<string, never>
    if (name === 'reindex-status') return reindexStatus([of])
    if (name === 'reindex-begin') return beginReindex(of)
    if (name === 'reindex-end') return endReindex(of, given as never)
    if (left-- <= 0) throw new Error('killed')
    return reindexPage(of, { ...(given as object), limit: 10 } as never)
  }
}

let passed = 0

/** Lets a minute pass: what is incomplete is looked at once in each. Answers what takes it back. */
export function minute(): () => void {
  const { now } = Date
  passed += 61_000
  const later = passed
  Date.now = () => now() + later
  return () => {
    Date.now = now
  }
}
