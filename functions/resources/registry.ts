import { login, refresh } from '../auth/login-routes.ts'
import type { Scope } from '../auth/scopes.ts'
import { sessionRoutes } from '../auth/session-routes.ts'
import { signup } from '../auth/signup-routes.ts'
import type { Route } from '../http/route.ts'
import { mountains } from './mountains.ts'
import { scope } from './operations.ts'
import { posts } from './posts.ts'
import { students } from './students.ts'
import { subscribers } from './subscribers.ts'
import { systemRoutes } from './system-routes.ts'
import { userRoutes } from './user-routes.ts'
import { users } from './users.ts'

/** Every resource. Scopes are granted and listed in this order. */
export const resources = [students, mountains, users, posts, subscribers] as const

/** Every route of the API: the product of resources and operations, and the ones of their own. */
export const routes: readonly Route[] = [
  ...systemRoutes,
  signup,
  login,
  refresh,
  ...sessionRoutes,
  ...userRoutes,
  ...resources.flatMap((resource) => resource.routes),
]

/** The scopes that members have. */
export const memberScopes: readonly Scope[] = [
  ...resources.flatMap(({ name, member }) => member.map((power) => scope(name, power))),
  'account',
]

/** Every scope there is; admins have them all. */
export const allScopes: readonly Scope[] = [
  ...resources.flatMap(({ name }) => [
    scope(name, 'read'),
    scope(name, 'write'),
    scope(name, 'admin'),
  ]),
  'account',
]
