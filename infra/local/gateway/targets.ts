import { wildcard } from '../aws/wildcard.ts'
import type { Clock } from '../clock.ts'
import { required } from '../failure.ts'
import type { FunctionPool } from '../lambda/function-pool.ts'
import type { ApiModel, Model, RouteModel } from '../model.ts'
import { type Authorizer, compileAuthorizer } from './authorizer.ts'
import { tokenBucket } from './token-bucket.ts'

/** A route with all that serving it takes. */
export interface Target extends RouteModel {
  readonly pool: FunctionPool
  /** Whether a permission lets the gateway invoke the function for this method. */
  readonly permitted: (method: string) => boolean
  readonly authorizer: Authorizer | undefined
  readonly authorizerPermitted: boolean
  readonly admit: (() => boolean) | undefined
}

export interface TargetOptions {
  readonly model: Model
  readonly api: ApiModel
  readonly poolOf: (functionArn: string) => FunctionPool
  readonly clock: Clock
}

export function apiArn({ region, account }: Model, { id }: ApiModel): string {
  return `arn:aws:execute-api:${region}:${account}:${id}`
}

export function compileTargets({ model, api, poolOf, clock }: TargetOptions): Target[] {
  const arn = apiArn(model, api)
  const authorizers = new Map(
    api.authorizers.map((authorizer) => {
      const pool = poolOf(authorizer.functionArn)
      const invoke = (event: string, traceId: string) => pool.invoke(event, traceId)
      return [authorizer.id, compileAuthorizer(authorizer, invoke, clock)] as const
    }),
  )
  return api.routes.map((route) => {
    const { id, functionArn, authorizerId, path, throttle } = route
    const tests = sourcesOf(model, functionArn)
    const authorizer =
      authorizerId === undefined
        ? undefined
        : required(authorizers.get(authorizerId), `${id}: its authorizer ${authorizerId}`)
    const authorizerArn = `${arn}/authorizers/${authorizerId}`
    return {
      ...route,
      pool: poolOf(functionArn),
      permitted: (method) => tests.some((test) => test(`${arn}/${api.stage}/${method}${path}`)),
      authorizer,
      authorizerPermitted:
        authorizer !== undefined &&
        sourcesOf(model, authorizer.model.functionArn).some((test) => test(authorizerArn)),
      admit: throttle && tokenBucket(throttle, clock),
    }
  })
}

/** What a function's permissions let API Gateway invoke it for. */
function sourcesOf({ permissions }: Model, functionArn: string) {
  return permissions
    .filter((p) => p.principal === 'apigateway.amazonaws.com' && p.functionArn === functionArn)
    .map(({ sourceArn }) => wildcard(sourceArn ?? '*'))
}
