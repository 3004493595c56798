import type { Role, Scope } from '../auth/scopes.ts'
import type { RouteAccess } from '../http/route.ts'
import { allScopes, memberScopes, routes } from './registry.ts'

/**
 * What the authorizer, login and the catch-all need of the registry. Evaluated when the functions
 * are bundled, so that they ship this table and none of the declarations behind it.
 */
export const access: readonly RouteAccess[] = routes.map(({ method, path, access }) => ({
  method,
  path,
  access,
}))

export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  member: memberScopes,
  admin: allScopes,
}
