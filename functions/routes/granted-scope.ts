import { memoized } from '../model/memoized.ts'
import { allowedBy, parseScope, type Role } from '../model/scopes.ts'
import { scopesOfRole } from './access.static.ts'

interface Limits {
  readonly claimed: string
  readonly granted: string
  readonly role: Role
}

/** What a token, its row and its role, as the role is deployed now, all allow. */
export function grantedScope({ claimed, granted, role }: Limits): string {
  return allowedByAll(JSON.stringify([claimed, granted, role]))
}

/** What a role may do as it is deployed now: nothing, where users have one that is declared no longer. */
export function scopesHeld(role: Role): readonly string[] {
  return scopesOfRole[role] ?? []
}

/** Cached by all three values, which are the same for nearly all tokens of a role. */
const allowedByAll = memoized((limits: string) => {
  const [claimed, granted, role] = JSON.parse(limits) as [string, string, Role]
  return allowedBy(claimed, parseScope(granted), new Set(scopesHeld(role)))
}, 100)
