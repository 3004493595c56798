import type { Resource } from './declaration.ts'
import { type Route, routeKey } from './route.ts'

/**
 * Refuses names and paths that two routes would have: clients and the gateway could tell them apart
 * no more. Done when the functions are bundled, as `checkResource` is.
 * @param ours those of the API itself, which no resource has
 * @throws Error with the two and what is to be changed
 */
export function checkRoutes(
  resources: readonly Resource[],
  ours: readonly Route[],
  routes: readonly Route[],
): void {
  const taken = new Set(ours.flatMap(({ tag, lambda, operationId }) => [tag, lambda, operationId]))
  for (const { name } of resources)
    if (taken.has(name))
      throw new Error(`${name}: the API itself uses this name: give the resource another \`name\``)
  refuseTwins(
    routes,
    ({ operationId }) => operationId,
    'give one of the resources another `name` or `singular`, or one of its `routes` another name',
  )
  refuseTwins(
    routes,
    routeKey,
    'give one of the resources another `name`, or one of its `routes` another `path`',
  )
  refuseOtherParameters(routes)
}

function refuseTwins(
  routes: readonly Route[],
  nameOf: (route: Route) => string,
  remedy: string,
): void {
  for (const [name, [one, other]] of Map.groupBy(routes, nameOf))
    if (one && other)
      throw new Error(
        `${name} would be two routes, ${routeInWords(one)} and ${routeInWords(other)}: ${remedy}`,
      )
}

/** API Gateway takes one name for what varies in a place of the paths. */
function refuseOtherParameters(routes: readonly Route[]): void {
  const named = routes.flatMap((route) =>
    [...route.path.matchAll(/\{\w+\}/g)].map(({ 0: name, index }) => ({
      place: route.path.slice(0, index),
      name,
      route,
    })),
  )
  for (const [place, [one, ...others]] of Map.groupBy(named, ({ place }) => place)) {
    const other = others.find(({ name }) => name !== one?.name)
    if (one && other)
      throw new Error(
        `${place} would be followed by ${one.name} and by ${other.name}, in ${routeInWords(one.route)} and ${routeInWords(other.route)}: give the parameter one name, in \`param\` and in the \`path\` of \`routes\``,
      )
  }
}

function routeInWords(route: Route): string {
  return `${route.operationId} (${routeKey(route)})`
}
