import { checkResource } from '../model/check-resource.ts'
import type { RouteAccess } from '../model/route.ts'
import { type Role, roles, type Scope } from '../model/scopes.ts'
import { resources, routes, scopesOf } from './registry.ts'

for (const resource of resources) checkResource(resource)

/**
 * What the authorizer, login and the catch-all need of the registry. Evaluated when the functions
 * are bundled, so that they ship this table and none of the declarations behind it.
 */
export const access: readonly RouteAccess[] = routes.map(({ method, path, access }) => ({
  method,
  path,
  access,
}))

/** What each role may do, as it is deployed. */
export const scopesOfRole = Object.fromEntries(
  roles.map((role) => [role, scopesOf(role)]),
) as Readonly<Record<Role, readonly Scope[]>>

/** The resources whose items belong to a user, with the attribute that names the user. */
export const owned: readonly {
  readonly name: string
  readonly param: string
  readonly key: string
}[] = resources.flatMap(({ name, parent, key }) =>
  parent ? [{ name, param: parent.param, key }] : [],
)
