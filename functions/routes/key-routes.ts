import * as z from 'zod'
import { maxApiKeys } from '../accounts/limits.ts'
import { id, integer, line, time } from '../model/fields.ts'
import { pageQuery } from '../model/list-query.ts'
import { once } from '../model/memoized.ts'
import { page } from '../model/operations.ts'
import { basePath, type Route } from '../model/route.ts'
import { askedScopes, scopes } from './shared-fields.ts'

const common = { lambda: 'tokens', tag: 'auth', access: 'account' } as const

const keyName = () => line(1, 100).describe('What you call the key; it need not be unique.')

const fields = () => ({
  id: id().describe('The id of the key, used in the path that deletes it; not a secret.'),
  name: keyName(),
  scope: scopes(),
  createdAt: time().describe('When the key was made.'),
  expiresAt: time().optional().describe('When it ends; absent where it has no end.'),
  lastUsedAt: time().optional().describe('The last use, to the minute; absent until the first.'),
  usesLeft: z
    .int()
    .optional()
    .describe('How many requests are left; absent where they are not counted.'),
  parentId: id()
    .optional()
    .describe(
      'The key that created this one, and with which it ends; absent if a session created it.',
    ),
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
  summary: 'Create an API key; keys that it creates end with it',
  body: once(() =>
    z
      .strictObject({
        name: keyName(),
        scope: askedScopes(10_000).describe(
          'Scopes that you have, separated by spaces; never `users:write` or `users:admin`.',
        ),
        expiresAt: time()
          .optional()
          .describe(
            'When the key expires, at the latest with the key that creates it. Default: when that key does; never, if a session creates it.',
          ),
        maxUses: integer(1, 1_000_000_000)
          .optional()
          .describe(
            'How many requests the key can make, taken from those of the key that creates it. Required if that key has a limit; otherwise unlimited by default.',
          ),
      })
      .meta({ id: 'ApiKeyCreate' }),
  ),
  response: {
    status: 201,
    description: 'The key, which is shown only once',
    body: once(() =>
      z
        .strictObject({
          ...fields(),
          key: z.string().describe('The key itself, for `Authorization: Bearer`.'),
        })
        .meta({ id: 'ApiKeyCreated' }),
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
  summary: 'End one of your API keys, and all keys that it created',
  params: () => ({ keyId: z.string() }),
  response: { status: 204, description: 'The key is ended' },
  errors: ['not_found'],
} as const satisfies Route

export const keyRoutes: readonly Route[] = [listKeys, makeKey, endKey]
