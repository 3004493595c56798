import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from '../http.ts'
import { type Log, platformLog } from '../logs.ts'
import type { FunctionModel } from '../model.ts'
import type { AwsCall, Calls, Fault, Intercept } from './calls.ts'
import type { Policy } from './iam.ts'
import { refusalOf } from './permissions.ts'
import {
  type AwsAnswer,
  type AwsRequest,
  errorAnswer,
  parse,
  readRequest,
  send,
} from './protocol.ts'
import type { Operation, Service } from './service.ts'
import { describeRequest, notOffered } from './unknown-service.ts'

/** A running instance, which calls AWS by its access key. */
export interface Caller {
  readonly model: FunctionModel
  readonly policy: Policy
  kill(): void
}

export type Services = Readonly<Record<AwsCall['service'], Service>>

export interface Endpoint {
  readonly url: string
  /** Answers with these services from now on. */
  serve(services: Services): void
  stop(): Promise<void>
}

interface EndpointOptions {
  readonly log: Log
  /** The running instances by access key. */
  readonly callers: ReadonlyMap<string, Caller>
  readonly calls: Calls
  readonly intercept: Intercept | undefined
}

/**
 * The AWS services that the functions reach, on one loopback address. The caller is known by its
 * access key; every call is checked against the IAM policies of its role in the template.
 * Signatures and their time are not checked.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  let services: Services | undefined
  const server = createServer(async (incoming, answer) => {
    // The SDK corrects its clock by this header: the functions' clock may have been moved.
    answer.sendDate = false
    try {
      const request = await readRequest(incoming)
      await serve(options, services, request, answer)
    } catch (error) {
      const { message } = error as Error
      platformLog(options.log, 'ERROR', `the AWS endpoint failed: ${message}`)
      answer.destroy()
    }
  })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    serve(next) {
      services = next
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(
  { log, callers, calls, intercept }: EndpointOptions,
  services: Services | undefined,
  request: AwsRequest,
  answer: ServerResponse,
): Promise<void> {
  const caller = callers.get(request.accessKey)
  if (!caller) return send(answer, unknownCaller())
  const { tag } = caller.model
  const name = nameOf(request)
  const service = services?.[name as AwsCall['service']]
  const operation: Operation = {
    name: service?.operationOf(request) ?? '',
    parameters: request.parameters ?? {},
  }
  const needs = service?.needs(operation)
  if (!service || !needs) {
    const message = `the local runner does not offer ${describeRequest(request)}. Name an endpoint that does in AWS_ENDPOINT_URL_<SERVICE>`
    platformLog(log, 'ERROR', `UnknownOperationException: ${message}`, { function: tag })
    return send(answer, notOffered(request, message))
  }
  if (request.parameters === undefined) {
    return send(
      answer,
      errorAnswer('com.amazon.coral.service#SerializationException', 'not a JSON object'),
    )
  }
  const call: AwsCall = {
    function: tag,
    service: name as AwsCall['service'],
    operation: operation.name,
    request: operation.parameters,
    at: Date.now(),
    capacityUnits: 0,
  }
  calls.record(call)
  const refusal = refusalOf(caller.model, caller.policy, needs)
  if (refusal !== undefined) {
    call.error = 'AccessDeniedException'
    platformLog(log, 'ERROR', `AccessDeniedException: ${refusal}`, { function: tag })
    return send(answer, errorAnswer('com.amazon.coral.service#AccessDeniedException', refusal))
  }
  const fault = await intercept?.(call)
  if (fault && (await inject(fault, call, caller, service, answer))) return
  const result = await service.perform(operation, request)
  note(call, result)
  if (fault?.killFunction === 'after') caller.kill()
  if (fault?.dropAnswer || fault?.killFunction === 'after') return void answer.destroy()
  send(answer, result)
}

/** The older names of SES's signatures are `ses` as well; the target tells the JSON services. */
function nameOf({ service, headers }: AwsRequest): string {
  const target = String(headers['x-amz-target'] ?? '')
  if (target.startsWith('DynamoDB_20120810.')) return 'dynamodb'
  if (target.startsWith('secretsmanager.')) return 'secretsmanager'
  return target === '' ? service : ''
}

/** Does what is to go wrong before the call. Answers whether that has ended the call. */
async function inject(
  fault: Fault,
  call: AwsCall,
  caller: Caller,
  service: Service,
  answer: ServerResponse,
): Promise<boolean> {
  if (fault.delayMs !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
  }
  const kills = fault.killFunction === 'before' || fault.killFunction === true
  if (kills) caller.kill()
  if (fault.drop || kills) {
    answer.destroy()
    return true
  }
  if (fault.error === undefined) return false
  call.error = fault.error
  const status = fault.error === 'InternalServerError' ? 500 : 400
  const message = fault.message ?? 'injected'
  send(answer, errorAnswer(`${service.namespace}${fault.error}`, message, status))
  return true
}

function unknownCaller(): AwsAnswer {
  const message = 'The security token included in the request is invalid.'
  return errorAnswer('com.amazon.coral.service#UnrecognizedClientException', message)
}

interface Consumed {
  readonly CapacityUnits?: number
}

function note(call: AwsCall, { status, body }: AwsAnswer): void {
  const result = parse(body)
  if (status !== 200) call.error = String(result?.__type ?? status).replace(/^.*#/, '')
  const consumed = result?.ConsumedCapacity as Consumed | readonly Consumed[] | undefined
  for (const { CapacityUnits = 0 } of consumed === undefined ? [] : [consumed].flat()) {
    call.capacityUnits += CapacityUnits
  }
}
