import { invalid } from '../model/problems.ts'
import { covers, parseScope, type Scope } from '../model/scopes.ts'

/** Powers over who may do what, which no API key can hold. */
const neverGranted: readonly string[] = ['users:write', 'users:admin']

/**
 * The scope of an API key, within what its maker may do.
 * @throws Problem 422 where it is wider, or names what no key can hold
 */
export function grantableScope(
  scope: string,
  held: ReadonlySet<string>,
  all: readonly string[],
): string {
  const asked = [...parseScope(scope)]
  const refuse = (detail: string) => {
    throw invalid({ pointer: '/scope', detail })
  }
  const named = (names: readonly string[]) => names.slice(0, 10).join(' ').slice(0, 300)
  const never = asked.filter((name) => neverGranted.includes(name))
  const lacking = asked.filter((name) => !all.includes(name) || !covers(held, name as Scope))
  if (asked.length === 0) refuse('must name a scope')
  if (never.length > 0) refuse(`no API key can hold: ${named(never)}`)
  if (lacking.length > 0) refuse(`is not granted: ${named(lacking)}`)
  return asked.join(' ')
}
