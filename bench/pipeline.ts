import { bind } from '../functions/http/binding.ts'
import { type Handler, pipeline } from '../functions/http/pipeline.ts'
import { created, ok, type Reply } from '../functions/http/replies.ts'
import type { Request } from '../functions/http/request.ts'
import type { Operation } from '../functions/model/declaration.ts'
import type { ListQuery } from '../functions/model/list-query.ts'
import { pupils } from '../test/fixtures/resources/pupils.ts'
import { create, list, read } from './peers/memory.mjs'

/** Our pipeline around the same work that a peer's handlers do: the routes, none of the storing. */
const work: Partial<Record<Operation, (request: Request) => Promise<Reply>>> = {
  read: async () => ok(await read()),
  list: async ({ query }) => ok({ items: await list((query as ListQuery).limit) }),
  create: async ({ body }) => created(await create(body as object), { Location: '' }),
}

export const handler: Handler = pipeline(
  pupils.routes.flatMap((route) => {
    const handle = work[route.operation]
    return handle ? [bind(route, handle)] : []
  }),
)
