import { type Binding, bind } from '../http/binding.ts'
import { type Handler, pipeline } from '../http/pipeline.ts'
import { publicReply } from '../http/public-reply.ts'
import type { Fields, OwnRoutes, Resource } from '../model/declaration.ts'
import { anyResource } from '../model/resource.ts'
import { actions } from './actions.ts'
import type { BeforeWrite } from './finish.ts'
import { type OwnHandler, type OwnHandlers, serveOwnRoute } from './own-routes.ts'

/** What a product adds to the operations of a resource. */
export type Beside<Declared extends Fields, Own extends OwnRoutes> = {
  /** Changes an item before it is written, or throws a Problem. */
  readonly beforeWrite?: BeforeWrite<Declared>
} & (keyof Own extends never
  ? { readonly routes?: undefined }
  : { readonly routes: OwnHandlers<Declared, Own> })

/** The Lambda of a resource: each operation and route that it declares, behind the one pipeline. */
export function crud<Declared extends Fields, ReadOnly extends Fields, Own extends OwnRoutes>(
  resource: Resource<Declared, ReadOnly, Own>,
  ...[beside]: keyof Own extends never
    ? [Beside<Declared & ReadOnly, Own>?]
    : [Beside<Declared & ReadOnly, Own>]
): Handler {
  const plain = anyResource(resource)
  const beforeWrite = beside?.beforeWrite as BeforeWrite | undefined
  const handlers = (beside?.routes ?? {}) as Readonly<Record<string, OwnHandler<unknown>>>
  return pipeline([
    ...resource.routes.map((route) =>
      bind(route, async (request) => {
        const reply = await actions[route.operation](plain, request, beforeWrite)
        return route.access === 'public' ? publicReply(request, reply) : reply
      }),
    ),
    ...resource.ownRoutes.map((route): Binding => {
      const [own, handle] = [plain.own[route.operationId], handlers[route.operationId]]
      if (!own || !handle) throw new Error(`There is no handler for the route ${route.operationId}`)
      return bind(route, async (request) => {
        const reply = await serveOwnRoute(plain, own, handle, request, beforeWrite)
        return route.access === 'public' ? publicReply(request, reply) : reply
      })
    }),
  ])
}
