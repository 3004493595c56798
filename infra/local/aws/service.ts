import type { RequestContext } from './iam-conditions.ts'
import type { AwsAnswer, AwsRequest, Json } from './protocol.ts'

/** One permission that a call needs. */
export interface Need {
  readonly action: string
  readonly resource: string
  readonly context: () => RequestContext
}

/** What is called: the operation and what it is given. */
export interface Operation {
  readonly name: string
  readonly parameters: Json
}

/** An AWS service that the runner offers. */
export interface Service {
  /** The namespace of its errors, with the hash. */
  readonly namespace: string
  /** The operation that a request asks for. */
  operationOf(request: AwsRequest): string
  /** What a call must be allowed; `undefined`: an operation that is not offered here. */
  needs(operation: Operation): readonly Need[] | undefined
  perform(operation: Operation, request: AwsRequest): Promise<AwsAnswer> | AwsAnswer
}

/** `DynamoDB_20120810.GetItem`: the operation of a service whose protocol is AWS JSON. */
export function targetOf({ headers }: AwsRequest): string {
  return String(headers['x-amz-target'] ?? '').replace(/^.*\./, '')
}
