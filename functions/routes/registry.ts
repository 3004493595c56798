import { users } from '../accounts/users.ts'
import { covers } from '../model/covers.ts'
import type { Resource } from '../model/declaration.ts'
import { memoized } from '../model/memoized.ts'
import { scope } from '../model/operations.ts'
import type { Route } from '../model/route.ts'
import { type Role, roles, rolesWithin, type Scope } from '../model/scopes.ts'
import { resources as declared } from '../resources/index.ts'
import { emailRoutes } from './email-routes.ts'
import { factorRoutes } from './factor-routes.ts'
import { keyRoutes } from './key-routes.ts'
import { login, loginFactor, logout, refresh } from './login-routes.ts'
import { oauthRoutes } from './oauth-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { signup } from './signup-routes.ts'
import { systemRoutes } from './system-routes.ts'
import { userRoutes } from './user-routes.ts'

/**
 * Every resource: the declared ones, and the users before the first that has a parent. Scopes are
 * granted and listed in this order.
 */
export const resources: readonly Resource[] = withUsers(declared)

function withUsers(listed: readonly Resource[]): Resource[] {
  const first = listed.findIndex(({ parent }) => parent)
  return first < 0 ? [...listed, users] : listed.toSpliced(first, 0, users)
}

/** The routes that belong to no resource. */
export const ourRoutes: readonly Route[] = [
  ...systemRoutes,
  signup,
  login,
  loginFactor,
  logout,
  refresh,
  ...oauthRoutes,
  ...sessionRoutes,
  ...factorRoutes,
  ...keyRoutes,
  ...emailRoutes,
]

/** Every route of the API: the product of resources and operations, and the routes of their own. */
export const routes: readonly Route[] = [
  ...ourRoutes,
  ...userRoutes,
  ...resources.flatMap(({ routes, ownRoutes }) => [...routes, ...ownRoutes]),
]

/** Every scope there is; admins have them all. */
export const allScopes: readonly Scope[] = [
  ...resources.flatMap(({ name }) => [
    scope(name, 'read'),
    scope(name, 'write'),
    scope(name, 'admin'),
  ]),
  'account',
  'tokens:introspect',
]

/**
 * The scopes that a role has, by name: those of the roles within it, what they imply, and what is
 * everybody's.
 */
export const scopesOf: (role: Role) => readonly Scope[] = memoized((role) => {
  if (role === 'admin') return allScopes
  const holders = new Set<string>([...rolesWithin(role), 'public'])
  const granted = resources.flatMap(({ name, access }) =>
    Object.entries(access)
      .filter(([holder]) => holders.has(holder))
      .flatMap(([, powers]) => powers.map((power) => scope(name, power))),
  )
  const held = new Set<Scope>([...granted, 'account'])
  return allScopes.filter((known) => covers(held, known))
}, roles.length)
