import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import type { Binding } from './binding.ts'
import type { Principal } from './principal.ts'
import type { Reply } from './replies.ts'
import type { Request } from './request.ts'

/** What the chain carries from step to step. */
export interface Internal extends Record<string, unknown> {
  /** As the gateway sent it; `event` itself becomes what was admitted. */
  gateway: APIGatewayProxyEvent
  startedAt: number
  principal?: Principal
}

/** A request that passed all checks, and the binding that serves it. */
interface Admitted {
  readonly binding: Binding
  readonly request: Request
}

/** The chain's event: as the gateway sent it, until it is admitted. */
export type Chained = APIGatewayProxyEvent | Admitted
/** A step of the one chain. */
export type Middleware = MiddlewareObj<
  Chained,
  Reply | APIGatewayProxyResult,
  Error,
  Context,
  Internal
>
