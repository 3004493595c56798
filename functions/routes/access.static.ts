import type { RouteAccess } from '../model/route.ts'
import type { Role, Scope } from '../model/scopes.ts'
import { allScopes, memberScopes, resources, routes } from './registry.ts'

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

/** The resources whose items belong to a user, with the attribute that names the user. */
export const owned: readonly {
  readonly name: string
  readonly param: string
  readonly key: string
}[] = resources.flatMap(({ name, parent, key }) =>
  parent ? [{ name, param: parent.param, key }] : [],
)
