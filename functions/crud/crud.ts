import { bind } from '../http/binding.ts'
import { type Handler, pipeline } from '../http/pipeline.ts'
import type { Resource } from '../model/declaration.ts'
import { actions } from './actions.ts'

/** The Lambda of a resource: each operation that it declares, behind the one pipeline. */
export function crud(resource: Resource): Handler {
  return pipeline(
    resource.routes.map((route) =>
      bind(route, (request) => actions[route.operation](resource, request)),
    ),
  )
}
