import { invalid, Problem } from '../model/problems.ts'
import type { BodyOf } from '../model/route.ts'
import { parseScope } from '../model/scopes.ts'
import type { login } from '../routes/login-routes.ts'
import type { Request } from './request.ts'

export type LoginBody = BodyOf<typeof login>

/**
 * The credentials of a login: the body's, or those of HTTP Basic (RFC 7617) with an empty body.
 * Generated clients send an Authorization header with everything: beside a body it does not count.
 * @throws Problem 400 for neither
 */
export function credentialsOf(request: Request<LoginBody>): LoginBody {
  if (request.body) return request.body
  const [, encoded] =
    /^Basic ([A-Za-z0-9+/=_-]+)$/i.exec(request.header('Authorization') ?? '') ?? []
  if (encoded === undefined) throw new Problem('bad_request', 'A JSON body is required.')
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) throw new Problem('invalid_credentials')
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/**
 * Refuses scopes that no token can have, before the password is looked at: that tells nothing of
 * the user.
 * @param all every scope there is
 * @throws Problem 422
 */
export function refuseUnknownScopes(scope: string | undefined, all: readonly string[]): void {
  if (scope === undefined) return
  const unknown = [...parseScope(scope)].filter((name) => !all.includes(name))
  if (unknown.length > 0)
    throw invalid({ pointer: '/scope', detail: `contains unknown scopes: ${unknown.join(' ')}` })
}

/**
 * The scopes that a login asks for; all that its role has when it asks for none.
 * @param refused called before the refusal is thrown: the password was right
 * @throws Problem 422 for one that the role lacks
 */
export function requestedScope(
  scope: string | undefined,
  held: readonly string[],
  refused: () => void,
): string {
  if (scope === undefined) return held.join(' ')
  const asked = parseScope(scope)
  const lacking = [...asked].filter((name) => !held.includes(name))
  if (lacking.length > 0) {
    refused()
    throw invalid({
      pointer: '/scope',
      detail: `contains scopes that your role does not have: ${lacking.join(' ')}`,
    })
  }
  return held.filter((name) => asked.has(name)).join(' ')
}
