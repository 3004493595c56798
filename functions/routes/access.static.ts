import { checkResource } from '../model/check-resource.ts'
import { checkRoutes } from '../model/check-routes.ts'
import { users } from '../model/parents.ts'
import type { RouteAccess } from '../model/route.ts'
import { type Role, roles, type Scope } from '../model/scopes.ts'
import { ourRoutes, resources, routes, scopesOf } from './registry.ts'

for (const resource of resources) checkResource(resource)
checkRoutes(resources, ourRoutes, routes)

/**
 * What the authorizer, login and the catch-all need of the registry. Evaluated when the functions
 * are bundled, so that they ship this table and none of the declarations behind it.
 */
export const access: readonly RouteAccess[] = routes.map(({ method, path, access, apiKeys }) => ({
  method,
  path,
  access,
  ...(apiKeys && { apiKeys }),
}))

/** What each role may do, as it is deployed. */
export const scopesOfRole = Object.fromEntries(
  roles.map((role) => [role, scopesOf(role)]),
) as Readonly<Record<Role, readonly Scope[]>>

/** What goes with an item that is deleted: items that lie under it, or that it owns. */
export interface Belonging {
  /** The resource of what is deleted, and its key. */
  readonly to: string
  readonly by: string
  /** The resource of what goes with it, its key, and the attribute that names what is deleted. */
  readonly name: string
  readonly key: string
  readonly param: string
  /** Where they do not lie in a partition of their own, an index tells which they are. */
  readonly indexed: boolean
}

export const belongings: readonly Belonging[] = resources.flatMap(
  ({ name, key, parent, owner }) => {
    const above = owner === 'readable' ? users : parent
    if (!above) return []
    const { name: to, key: by, param } = above
    return [{ to, by, name, key, param, indexed: owner === 'readable' }]
  },
)
