import { type ApiKey, keyIdOfRow, readApiKey } from './accounts/api-key-rows.ts'
import { endApiKey, listApiKeys, makeApiKey } from './accounts/api-keys.ts'
import { type Bearer, keyBearer, tokenBearer } from './accounts/bearer.ts'
import { readUsername } from './accounts/usernames.ts'
import { parseApiKey } from './auth/tokens/api-key.ts'
import { issuerOfRequest } from './auth/tokens/issuer.ts'
import { required, variables } from './config/environment.ts'
import { shortListReply } from './crud/short-list.ts'
import { bind } from './http/binding.ts'
import { type Form, needed } from './http/form.ts'
import { pipeline } from './http/pipeline.ts'
import type { Principal } from './http/principal.ts'
import { created, noContent, ok, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { scopeFaults } from './http/scope-faults.ts'
import { securityEvent } from './invocation/security-events.ts'
import { Problem } from './model/problems.ts'
import type { BodyOf } from './model/route.ts'
import { parseScope } from './model/scopes.ts'
import { scopesOfRole } from './routes/access.static.ts'
import { grantedScope } from './routes/granted-scope.ts'
import * as keyRoutes from './routes/key-routes.ts'
import { introspection } from './routes/oauth-routes.ts'

type SignedIn<Body = unknown, Query = unknown> = Request<Body, Query, Principal>

export const handler = pipeline([
  bind(introspection, introspect),
  bind(keyRoutes.listKeys, list),
  bind(keyRoutes.makeKey, make),
  bind(keyRoutes.endKey, end),
])

/** Says what the authorizer would, and spends no use of a key. */
async function introspect(request: SignedIn<Form>): Promise<Reply> {
  const token = needed(request.body, 'token')
  const issuer = issuerOfRequest(request.gateway)
  const bearer = await bearerOf(token, issuer)
  const username = bearer && (await readUsername(bearer.userId))
  if (!bearer || username === undefined) return ok({ active: false })
  const audience = required(variables.audience)
  return ok({
    active: true,
    scope: grantedScope(bearer),
    client_id: audience,
    username,
    sub: bearer.userId,
    exp: bearer.exp,
    iat: bearer.iat,
    token_type: 'Bearer',
    iss: issuer,
    aud: audience,
  })
}

async function bearerOf(token: string, issuer: string): Promise<Bearer | undefined> {
  const presented = parseApiKey(token)
  if (!presented) return tokenBearer(token, issuer)
  const key = await readApiKey(presented)
  return key && keyBearer(key)
}

function list(request: SignedIn): Promise<Reply> {
  const { userId, sessionId } = request.principal
  return shortListReply(request, () => listApiKeys(userId, keyIdOfRow(sessionId)), keyBody)
}

async function make(request: SignedIn<BodyOf<typeof keyRoutes.makeKey>>): Promise<Reply> {
  const { principal, body } = request
  const asked = [...parseScope(body.scope)]
  const faults = scopeFaults(asked, principal.scopes, scopesOfRole.admin)
  const { row, key } = await makeApiKey(principal, { ...body, scope: asked.join(' ') }, faults)
  const made = keyBody(row)
  const { userId, sessionId } = principal
  securityEvent('api_key_made', request, { userId, sessionId, key: made.id })
  const location = `${request.root}${request.path()}/${made.id}`
  return created({ ...made, key }, { Location: location })
}

async function end(request: SignedIn): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const ended = await endApiKey(userId, request.params.keyId ?? '')
  if (ended.length === 0) throw new Problem('not_found')
  for (const key of ended) securityEvent('api_key_ended', request, { userId, sessionId, key })
  return noContent()
}

/** A key as its user sees it. */
function keyBody(row: ApiKey) {
  const { sessionId, name, scope, createdAt, expiresAt, lastUsedAt, usesLeft, ancestors } = row
  const parentId = ancestors.at(-1)
  const id = keyIdOfRow(sessionId) ?? ''
  return { id, name, scope, createdAt, expiresAt, lastUsedAt, usesLeft, parentId }
}
