import { roles as declared } from '../resources/roles.ts'
import { covers } from './covers.ts'

/** The three powers over a resource; `admin` (others' items, privileged fields) implies the rest. */
export type Power = 'read' | 'write' | 'admin'

/** `account` covers the caller's own sessions, API keys, factors, address and password. */
export type Scope = `${string}:${Power}` | 'account' | 'tokens:introspect'

export type Role = keyof typeof declared

/** Each role with those whose powers it has too: the compiler checks that they are roles. */
const included: Readonly<Record<Role, readonly Role[]>> = declared

export const roles = Object.keys(declared) as [Role, ...Role[]]

/** The role, and all whose powers it has. */
export function rolesWithin(role: Role): Set<Role> {
  const found = new Set([role])
  // A set that grows while it is walked is walked to its end.
  for (const one of found) for (const other of included[one]) found.add(other)
  return found
}

/** What remains of a scope where each of the others must allow it too. */
export function allowedBy(scope: string, ...others: readonly ReadonlySet<string>[]): string {
  return [...parseScope(scope)]
    .filter((name) => others.every((granted) => covers(granted, name)))
    .join(' ')
}

/** The scopes of a space-separated `scope` string, RFC 6749 section 3.3. */
export function parseScope(scope: string): Set<string> {
  return new Set(scope.split(' ').filter(Boolean))
}
