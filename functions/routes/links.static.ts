import type { Route } from '../model/route.ts'
import { emailRoutes } from './email-routes.ts'
import { resources, routes } from './registry.ts'

export interface Link {
  readonly href: string
  readonly method?: string
  readonly scope?: string
  /** The href has parameters in braces (RFC 6570). */
  readonly templated?: true
}

/** The links of the home document, by relation; evaluated when the functions are bundled. */
export const links: Readonly<Record<string, Link>> = Object.fromEntries([
  ...resources.map((resource) => [resource.name, link(collection(resource.routes))]),
  ...routes
    .filter(({ operationId }) => operationId !== 'home')
    .filter(({ lambda }) => !resources.some(({ name }) => name === lambda))
    .map((route) => [route.operationId, link(route)]),
])

/** The relations that a stage without mail does not have. */
export const mailRelations: readonly string[] = emailRoutes.map(({ operationId }) => operationId)

function collection(declared: readonly Route[]): Route {
  const [first] = declared
  if (!first) throw new Error('A resource without operations')
  return first
}

function link({ path, method, access }: Route): Link {
  return {
    href: path,
    ...(method !== 'GET' && { method }),
    ...(access !== 'public' && access !== 'authenticated' && { scope: access }),
    ...(path.includes('{') && { templated: true as const }),
  }
}
