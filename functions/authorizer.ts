import type {
  APIGatewayAuthorizerResult,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda'
import { keyIdOfRow, spendApiKey } from './accounts/api-key-rows.ts'
import { type Bearer, keyBearer, tokenBearer } from './accounts/bearer.ts'
import { patternsOver, policyDocument } from './auth/policy.ts'
import { parseApiKey } from './auth/tokens/api-key.ts'
import { issuerOfMethod } from './auth/tokens/issuer.ts'
import { type AuthorizerContext, noEnd, packScope } from './http/principal.ts'
import { startDeadline } from './invocation/deadline.ts'
import { access } from './routes/access.static.ts'
import { grantedScope } from './routes/granted-scope.ts'

const patternsOf = patternsOver(access)

/** API Gateway answers 401 to exactly this message, and 500 to any other error. */
const unauthorized = 'Unauthorized'

/** `Bearer` (RFC 6750) or `JWT`, in any case, one space, and the three parts of a JWS or a key. */
const header = /^(?:Bearer|JWT) ([\w-]+\.[\w-]+\.[\w-]+|pk_[\w-]+)$/i

/**
 * The token authorizer: signature and claims, then the session's row; for an API key, its row
 * alone. A token whose row is gone is refused: that is what revokes it at once.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export async function handler(
  event: APIGatewayTokenAuthorizerEvent,
  invocation: Context,
): Promise<APIGatewayAuthorizerResult> {
  startDeadline(invocation)
  const bearer = await bearerOf(event, invocation)
  if (!bearer) throw refusal()
  const { userId, sessionId, role, exp = noEnd, authTime = 0 } = bearer
  const scope = grantedScope(bearer)
  const packed = packScope(scope)
  const context: AuthorizerContext = { userId, sessionId, role, scope: packed, exp, authTime }
  const caller = { kind: keyIdOfRow(sessionId) ? 'key' : 'session', scope } as const
  return {
    principalId: userId,
    policyDocument: policyDocument(caller, patternsOf, event.methodArn),
    context: { ...context },
  }
}

/**
 * Lambda logs what is thrown with its stack, which is the same for all, and not worth the bytes.
 */
function refusal(): Error {
  return Object.assign(new Error(unauthorized), { stack: `Error: ${unauthorized}` })
}

async function bearerOf(
  { authorizationToken, methodArn }: APIGatewayTokenAuthorizerEvent,
  { awsRequestId }: Context,
): Promise<Bearer | undefined> {
  const [, token] = header.exec(authorizationToken) ?? []
  if (token === undefined) return undefined
  if (token.includes('.')) return tokenBearer(token, issuerOfMethod(methodArn))
  const presented = parseApiKey(token)
  const key = presented && (await spendApiKey(presented, awsRequestId))
  return key && keyBearer(key)
}
