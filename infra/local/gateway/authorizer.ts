import { compilePolicy, type Decision, type Policy } from '../aws/iam.ts'
import type { Clock } from '../clock.ts'
import { FunctionError } from '../lambda/function-error.ts'
import type { AuthorizerModel, Statement } from '../model.ts'

/** What became of a request's token. */
export type Verdict =
  | { kind: 'allowed'; context: Record<string, string> }
  | { kind: 'denied'; explicit: boolean; context: Record<string, string> }
  | { kind: 'unauthorized' }
  | {
      kind: 'failed'
      type: 'AUTHORIZER_FAILURE' | 'AUTHORIZER_CONFIGURATION_ERROR'
      reason: string
    }

export interface Authorizer {
  readonly model: AuthorizerModel
  /** Judges the values of the identity source's header for one method. */
  authorize(tokens: string[], methodArn: string, traceId: string): Promise<Verdict>
}

interface Grant {
  decide(methodArn: string): Decision
  readonly context: Record<string, string>
}

interface Cached extends Grant {
  readonly expiresAt: number
}

type Json = Record<string, unknown>

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html */
const maximumAnswer = 8 * 1024
const maximumCached = 10_000

/** Compiled policies by their text: users with the same rights share one. */
const compiledPolicies = new Map<string, Policy>()

/**
 * A TOKEN authorizer. The answer is cached by token, and its policy evaluated anew for every
 * method: a policy that allows only the method at hand is caught on the next route.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization-with-console.html
 */
export function compileAuthorizer(
  model: AuthorizerModel,
  invoke: (event: string, traceId: string) => Promise<string>,
  clock: Clock,
): Authorizer {
  const cache = new Map<string, Cached>()
  // The expression must match the whole token.
  const validation = model.validation && new RegExp(`^(?:${model.validation})$`)

  function remember(token: string, grant: Grant): void {
    if (model.ttlSeconds === 0) return
    if (cache.size >= maximumCached) cache.clear()
    cache.set(token, { ...grant, expiresAt: clock.now() + model.ttlSeconds * 1000 })
  }

  function remembered(token: string): Grant | undefined {
    if (model.ttlSeconds === 0) return undefined
    const cached = cache.get(token)
    if (cached === undefined || cached.expiresAt > clock.now()) return cached
    cache.delete(token)
    return undefined
  }

  return {
    model,
    async authorize(tokens, methodArn, traceId) {
      const [token] = tokens
      // Two header lines leave open which one counts: neither does.
      if (token === undefined || token === '' || tokens.length > 1) return { kind: 'unauthorized' }
      if (validation && !validation.test(token)) return { kind: 'unauthorized' }
      let grant = remembered(token)
      if (grant === undefined) {
        const event = JSON.stringify({ type: 'TOKEN', methodArn, authorizationToken: token })
        let answer: string
        try {
          answer = await invoke(event, traceId)
        } catch (error) {
          if (error instanceof FunctionError && error.body.errorMessage === 'Unauthorized') {
            return { kind: 'unauthorized' }
          }
          return { kind: 'failed', type: 'AUTHORIZER_FAILURE', reason: (error as Error).message }
        }
        try {
          grant = readGrant(answer)
        } catch (error) {
          const reason = (error as Error).message
          return { kind: 'failed', type: 'AUTHORIZER_CONFIGURATION_ERROR', reason }
        }
        remember(token, grant)
      }
      const { context } = grant
      const decision = grant.decide(methodArn)
      if (decision === 'allowed') return { kind: 'allowed', context }
      return { kind: 'denied', explicit: decision === 'explicitly denied', context }
    },
  }
}

function readGrant(answer: string): Grant {
  if (answer.length > maximumAnswer) throw new Error('the answer is larger than 8 KB')
  const value = JSON.parse(answer) as Json | null
  if (typeof value !== 'object' || value === null) throw new Error('the answer is not an object')
  const { principalId, policyDocument, context = {} } = value
  if (typeof principalId !== 'string') throw new Error('principalId is not a string')
  const policy = readPolicy(policyDocument)
  return {
    decide: (methodArn) => policy.decide('execute-api:Invoke', methodArn),
    context: { principalId, ...readContext(context) },
  }
}

function readPolicy(document: unknown): Policy {
  const text = JSON.stringify(document) ?? ''
  const known = compiledPolicies.get(text)
  if (known !== undefined) return known
  const { Version, Statement: list } = (document ?? {}) as Json
  const statements = (Array.isArray(list) ? list : [list]) as (Statement | undefined)[]
  if (Version !== '2012-10-17' && Version !== '2008-10-17') throw new Error('no policy version')
  for (const statement of statements) {
    const { Effect, Action, Resource, Condition } = statement ?? {}
    if (Effect !== 'Allow' && Effect !== 'Deny') throw new Error(`the effect ${Effect}`)
    if (Action === undefined || Resource === undefined) throw new Error('an incomplete statement')
    if (Condition !== undefined) throw new Error('conditions are not understood here')
  }
  const policy = compilePolicy(statements as Statement[], 'the authorizer')
  if (compiledPolicies.size >= 1000) compiledPolicies.clear()
  compiledPolicies.set(text, policy)
  return policy
}

/** Context values are scalars and reach the function as strings. */
function readContext(context: unknown): Record<string, string> {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    throw new Error('context is not an object')
  }
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => {
      if (!['string', 'number', 'boolean'].includes(typeof value)) {
        throw new Error(`context.${name} is not a string, number or boolean`)
      }
      return [name, String(value)]
    }),
  )
}
