import * as z from 'zod'
import { maxApiKeys } from '../accounts/limits.ts'
import { bounded, id, integer, line, time } from '../model/fields.ts'
import { pageQuery } from '../model/list-query.ts'
import { once } from '../model/memoized.ts'
import { page } from '../model/operations.ts'
import { basePath, type Route } from '../model/route.ts'

const common = { lambda: 'tokens', tag: 'auth', access: 'account' } as const

const fields = () => ({
  id: id(),
  name: line(1, 100),
  scope: z.string(),
  createdAt: time(),
  expiresAt: time().optional().meta({ description: 'The end; a key without one has none' }),
  lastUsedAt: time().optional().meta({ description: 'The last use, to the minute' }),
  usesLeft: z.int().optional().meta({ description: 'Absent where uses do not count' }),
  parentId: id().optional().meta({ description: 'The key that made it, and with which it ends' }),
})

export const listKeys = {
  ...common,
  operationId: 'listKeys',
  method: 'GET',
  path: `${basePath}/auth/keys`,
  apiKeys: 'all',
  summary: `List your API keys, newest first; a user has at most ${maxApiKeys}`,
  query: once(() => pageQuery(maxApiKeys)),
  response: {
    status: 200,
    description: 'A page of the list; a key sees itself and its descendants',
    body: once(() => page(z.strictObject(fields()).meta({ id: 'ApiKey' }), 'apiKey')),
    headers: ['Link'],
  },
  errors: ['bad_request'],
} as const satisfies Route

export const makeKey = {
  ...common,
  operationId: 'createKey',
  method: 'POST',
  path: `${basePath}/auth/keys`,
  apiKeys: 'all',
  fresh: true,
  summary: 'Create an API key; what a key creates ends with it',
  body: once(() =>
    z
      .strictObject({
        name: line(1, 100),
        scope: bounded(10_000).meta({ description: 'Scopes that you have, separated by spaces' }),
        expiresAt: time().optional().meta({ description: 'The end; by default that of its maker' }),
        maxUses: integer(1, 1_000_000_000)
          .optional()
          .meta({ description: 'How many requests it is good for' }),
      })
      .meta({ id: 'ApiKeyCreate' }),
  ),
  response: {
    status: 201,
    description: 'The key, which is shown this once',
    body: once(() =>
      z.strictObject({ ...fields(), key: z.string() }).meta({ id: 'ApiKeyCreated' }),
    ),
    headers: ['Location'],
  },
  errors: ['limit_reached'],
} as const satisfies Route

export const endKey = {
  ...common,
  operationId: 'deleteKey',
  method: 'DELETE',
  path: `${basePath}/auth/keys/{keyId}`,
  summary: 'End one of your API keys, and all that it created',
  params: () => ({ keyId: z.string() }),
  response: { status: 204, description: 'The key is ended' },
  errors: ['not_found'],
} as const satisfies Route

export const keyRoutes: readonly Route[] = [listKeys, makeKey, endKey]
