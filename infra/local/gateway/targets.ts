import { required } from '../../failure.ts'
import type { Clock } from '../clock.ts'
import type { FunctionPool } from '../lambda/function-pool.ts'
import type { ApiModel, Model, RouteModel } from '../model.ts'
import { type Authorizer, compileAuthorizer } from './authorizer.ts'
import { tokenBucket } from './token-bucket.ts'

/** A route with all that serving it takes. */
export interface Target extends RouteModel {
  readonly pool: FunctionPool
  readonly authorizer: Authorizer | undefined
  readonly admit: (method: string) => boolean
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

export function compileTargets({ api, poolOf, clock }: TargetOptions): Target[] {
  const authorizers = new Map(
    api.authorizers.map((authorizer) => {
      const pool = poolOf(authorizer.functionArn)
      const invoke = (event: string, traceId: string) => pool.invoke(event, traceId)
      return [authorizer.id, compileAuthorizer(authorizer, invoke, clock)] as const
    }),
  )
  return api.routes.map((route) => {
    const { id, functionArn, authorizerId, throttles } = route
    const authorizer =
      authorizerId === undefined
        ? undefined
        : required(authorizers.get(authorizerId), `${id}: its authorizer ${authorizerId}`)
    const buckets = new Map(
      Object.entries(throttles).map(([method, each]) => [method, tokenBucket(each, clock)]),
    )
    return {
      ...route,
      pool: poolOf(functionArn),
      authorizer,
      admit: (method) => buckets.get(method)?.() ?? true,
    }
  })
}
