import type {
  APIGatewayAuthorizerResult,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda'
import { readSession } from './accounts/sessions.ts'
import { findVerificationKey } from './auth/keys/verification-keys.ts'
import { patternsOver, policyDocument } from './auth/policy.ts'
import { issuerOfMethod } from './auth/tokens/issuer.ts'
import { type AccessClaims, keyIdOf, verifyAccessToken } from './auth/tokens/tokens.ts'
import { required, variables } from './config/environment.ts'
import type { AuthorizerContext } from './http/principal.ts'
import { startDeadline } from './invocation/deadline.ts'
import { memoized } from './model/memoized.ts'
import { allowedBy, parseScope, type Role } from './model/scopes.ts'
import { access, scopesOfRole } from './routes/access.static.ts'

const patternsOf = patternsOver(access)

/** What token, session and role, as it is deployed now, all allow; remembered by the three. */
const grantedScope = memoized((limits: string) => {
  const [claimed, granted, role] = JSON.parse(limits) as [string, string, Role]
  return allowedBy(claimed, parseScope(granted), new Set(scopesOfRole[role]))
}, 100)

/** API Gateway answers 401 to exactly this message, and 500 to any other error. */
const unauthorized = 'Unauthorized'

/** `Bearer` (RFC 6750) or `JWT`, in any case, one space, and the three parts of a JWS. */
const header = /^(?:Bearer|JWT) ([\w-]+\.[\w-]+\.[\w-]+)$/i

/**
 * The token authorizer: signature and claims, then the session's row. Gone row, refused token:
 * that is what revokes a token at once.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export async function handler(
  event: APIGatewayTokenAuthorizerEvent,
  invocation: Context,
): Promise<APIGatewayAuthorizerResult> {
  startDeadline(invocation)
  const claims = await verified(event)
  const session = claims && (await readSession(claims.sub, claims.sid))
  if (!claims || !session) throw new Error(unauthorized)
  const { userId, sessionId, role } = session
  const scope = grantedScope(JSON.stringify([claims.scope, session.scope, role]))
  const context: AuthorizerContext = { userId, sessionId, role, scope, exp: claims.exp }
  return {
    principalId: userId,
    policyDocument: policyDocument(scope, patternsOf, event.methodArn),
    context: { ...context },
  }
}

async function verified(event: APIGatewayTokenAuthorizerEvent): Promise<AccessClaims | undefined> {
  const [, token] = header.exec(event.authorizationToken) ?? []
  if (token === undefined) return undefined
  const expectation = {
    issuer: issuerOfMethod(event.methodArn),
    audience: required(variables.audience),
  }
  const keyId = keyIdOf(token)
  const key = keyId === undefined ? undefined : await findVerificationKey(keyId)
  if (!key) return undefined
  try {
    return await verifyAccessToken(token, key, expectation)
  } catch (error) {
    // Lambda's own log will do: Powertools' logger would be a tenth of what a cold start loads.
    // biome-ignore lint/suspicious/noConsole: see above
    console.debug({ message: 'token refused', reason: (error as Error).message })
    return undefined
  }
}
