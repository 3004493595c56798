import { covers } from '../model/covers.ts'
import type { Fault } from '../model/problems.ts'

/** Powers over who may do what, which no API key can hold. */
const neverGranted: readonly string[] = ['users:write', 'users:admin']

/** What is wrong with the scope of an API key: its maker may do less, or no key can hold it. */
export function scopeFaults(
  asked: readonly string[],
  held: ReadonlySet<string>,
  all: readonly string[],
): Fault[] {
  const fault = (detail: string): Fault[] => [{ pointer: '/scope', detail }]
  const named = (names: readonly string[]) => names.slice(0, 10).join(' ').slice(0, 300)
  const never = asked.filter((name) => neverGranted.includes(name))
  const lacking = asked.filter((name) => !all.includes(name) || !covers(held, name))
  if (never.length > 0) return fault(`contains scopes that no API key can have: ${named(never)}`)
  return lacking.length > 0 ? fault(`contains scopes that you cannot grant: ${named(lacking)}`) : []
}
