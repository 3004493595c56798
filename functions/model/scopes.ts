/** The three powers over a resource; `admin` (others' items, privileged fields) implies the rest. */
export type Power = 'read' | 'write' | 'admin'

/** `account` covers the caller's own sessions and password. */
export type Scope = `${string}:${Power}` | 'account'

export const roles = ['member', 'admin'] as const
export type Role = (typeof roles)[number]

/** True when the granted scopes cover the required one. */
export function covers(granted: ReadonlySet<string>, required: Scope): boolean {
  if (granted.has(required)) return true
  const [resource, power] = required.split(':')
  return power !== undefined && granted.has(`${resource}:admin`)
}

/** The scopes of a space-separated `scope` string, RFC 6749 section 3.3. */
export function parseScope(scope: string): Set<string> {
  return new Set(scope.split(' ').filter(Boolean))
}
