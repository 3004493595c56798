import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AwsCall, Calls, Intercept } from './calls.ts'
import { createNeeds, metered, type Need } from './dynamodb-access.ts'
import type { Engine } from './engine.ts'
import { compilePolicy, type Policy } from './iam.ts'
import type { Caller } from './instance.ts'
import { type Log, platformLog } from './logs.ts'
import type { FunctionModel, Model } from './model.ts'
import type { Secrets } from './secrets.ts'
import { SecretsError } from './secrets-error.ts'

export interface Endpoint {
  url: string
  /** Takes over the policies and tables of a template. */
  deploy(model: Model): void
  stop(): Promise<void>
}

export interface EndpointOptions {
  engine: Engine
  secrets: Secrets
  log: Log
  callers: Map<string, Caller>
  calls: Calls
  intercept: Intercept | undefined
  /** Told of every write that the engine has acknowledged. */
  onWrite: () => void
}

type Json = Record<string, unknown>

const writes = /^(PutItem|UpdateItem|DeleteItem|BatchWriteItem|TransactWriteItems)$/
const meter = Buffer.from('{"ReturnConsumedCapacity":"TOTAL",')
const empty = Buffer.from('{"ReturnConsumedCapacity":"TOTAL"}')

/**
 * The AWS services that the functions reach, on one loopback address. The caller is known by its
 * access key; every call is checked against the IAM policies of its role in the template.
 * Signatures and their time are not checked.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { engine, secrets, log, callers, calls, intercept, onWrite } = options
  // Weak: the instances of a replaced template keep their policies until they are gone.
  const policies = new WeakMap<FunctionModel, Policy>()
  let needsOf: ReturnType<typeof createNeeds> = () => undefined

  async function serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await read(incoming)
    const caller = callers.get(accessKeyOf(incoming.headers.authorization))
    const [target = '', operation = ''] = String(incoming.headers['x-amz-target']).split('.')
    const isSecrets = target === 'secretsmanager'
    const service = isSecrets ? 'secretsmanager' : 'dynamodb'
    if (caller === undefined) {
      return fail(answer, 'com.amazon.coral.service#UnrecognizedClientException', unknownToken)
    }
    const parameters = parse(body)
    if (parameters === undefined) {
      return fail(answer, 'com.amazon.coral.service#SerializationException', 'not a JSON object')
    }
    const needs = isSecrets
      ? [secretNeed(operation, parameters)]
      : target === 'DynamoDB_20120810'
        ? needsOf(operation, parameters)
        : undefined
    if (needs === undefined) {
      const message = `${target}.${operation} is not offered locally`
      platformLog(log, 'ERROR', `UnknownOperationException: ${message}`, {
        function: caller.model.tag,
      })
      return fail(answer, 'com.amazon.coral.service#UnknownOperationException', message)
    }
    const call: AwsCall = {
      function: caller.model.tag,
      service,
      operation,
      request: parameters,
      at: Date.now(),
      capacityUnits: 0,
    }
    calls.record(call)
    const refusal = check(caller.model, needs)
    if (refusal !== undefined) {
      call.error = 'AccessDeniedException'
      platformLog(log, 'ERROR', `AccessDeniedException: ${refusal}`, {
        function: caller.model.tag,
      })
      return fail(answer, 'com.amazon.coral.service#AccessDeniedException', refusal)
    }
    const fault = intercept === undefined ? undefined : await intercept(call)
    if (fault?.delayMs !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
    }
    if (fault?.drop) return void answer.destroy()
    if (fault?.killFunction === 'before' || fault?.killFunction === true) {
      caller.kill()
      return void answer.destroy()
    }
    if (fault?.error !== undefined) {
      call.error = fault.error
      const namespace = isSecrets ? '' : 'com.amazonaws.dynamodb.v20120810#'
      const status = fault.error === 'InternalServerError' ? 500 : 400
      return fail(answer, `${namespace}${fault.error}`, fault.message ?? 'injected', status)
    }
    const result = isSecrets
      ? manage(operation, parameters)
      : await forward(incoming, body, parameters, operation)
    note(call, result)
    if (fault?.killFunction === 'after') caller.kill()
    if (fault?.dropAnswer || fault?.killFunction === 'after') return void answer.destroy()
    answer.writeHead(result.status, result.headers).end(result.body)
    if (result.status === 200 && writes.test(operation)) onWrite()
  }

  function check(model: FunctionModel, needs: Need[]): string | undefined {
    const policy = policies.get(model)
    for (const { action, resource, context } of needs) {
      const decision = policy?.decide(action, resource, context) ?? 'denied'
      if (decision === 'allowed') continue
      const why =
        decision === 'denied'
          ? `because no identity-based policy allows the ${action} action`
          : 'with an explicit deny in an identity-based policy'
      const user = model.roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')
      return `User: ${user}/${model.name} is not authorized to perform: ${action} on resource: ${resource} ${why}`
    }
    return undefined
  }

  function secretNeed(operation: string, parameters: Json): Need {
    const resource = operation === 'GetRandomPassword' ? '*' : secrets.arnOf(parameters.SecretId)
    return { action: `secretsmanager:${operation}`, resource, context: () => ({}) }
  }

  function manage(operation: string, parameters: Json): Answer {
    try {
      const result = secrets.handle(operation, parameters)
      if (result !== undefined) return json(200, result)
      return json(400, { __type: 'InvalidRequestException', message: `no ${operation} locally` })
    } catch (error) {
      if (!(error instanceof SecretsError)) throw error
      return json(400, { __type: error.type, message: error.message })
    }
  }

  function forward(
    { headers: incoming }: IncomingMessage,
    body: Buffer,
    parameters: Json,
    operation: string,
  ): Promise<Answer> {
    const asks = parameters.ReturnConsumedCapacity !== undefined || !metered.has(operation)
    const start = body.indexOf('{') + 1
    const sent = asks
      ? body
      : Object.keys(parameters).length === 0
        ? empty
        : Buffer.concat([meter, body.subarray(start)])
    const headers: Record<string, string | number> = { 'content-length': sent.length }
    for (const name of ['content-type', 'x-amz-target', 'x-amz-date', 'authorization']) {
      const value = incoming[name]
      if (typeof value === 'string') headers[name] = value
    }
    const { hostname, port, agent } = engine
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, agent, method: 'POST', headers }, (answer) => {
        read(answer).then((received) => {
          const { 'x-amzn-requestid': id, 'x-amz-crc32': crc } = answer.headers
          const passed = { 'x-amzn-requestid': String(id), 'x-amz-crc32': String(crc) }
          const status = answer.statusCode ?? 500
          resolve({ status, body: received, headers: { ...contentType, ...passed } })
        }, reject)
      })
      outgoing.on('error', reject)
      outgoing.end(sent)
    })
  }

  const server = createServer((incoming, answer) => {
    // The SDK corrects its clock by this header: the functions' clock may have been moved.
    answer.sendDate = false
    serve(incoming, answer).catch((error: Error) => {
      platformLog(log, 'ERROR', `the AWS endpoint failed: ${error.message}`)
      answer.destroy()
    })
  })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    deploy(model) {
      for (const f of model.functions) {
        policies.set(f, compilePolicy(f.statements, `the role of ${f.id}`))
      }
      needsOf = createNeeds(
        model.tables,
        `arn:aws:dynamodb:${model.region}:${model.account}:table/`,
      )
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const unknownToken = 'The security token included in the request is invalid.'
const contentType = { 'content-type': 'application/x-amz-json-1.0' }

interface Answer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

function json(status: number, value: object): Answer {
  const body = Buffer.from(JSON.stringify(value))
  return { status, body, headers: { ...contentType, 'x-amzn-requestid': randomUUID() } }
}

function fail(answer: ServerResponse, type: string, message: string, status = 400): void {
  const { headers, body } = json(status, { __type: type, Message: message, message })
  answer.writeHead(status, headers).end(body)
}

function read(stream: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    )
    stream.on('error', reject)
  })
}

function parse(body: Buffer): Json | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** `AWS4-HMAC-SHA256 Credential=<access key>/<date>/…` */
function accessKeyOf(authorization = ''): string {
  const start = authorization.indexOf('Credential=') + 11
  return authorization.slice(start, authorization.indexOf('/', start))
}

function note(call: AwsCall, { status, body }: Answer): void {
  const result = parse(body)
  if (status !== 200) call.error = String(result?.__type ?? status).replace(/^.*#/, '')
  const consumed = result?.ConsumedCapacity as Consumed | Consumed[] | undefined
  for (const { CapacityUnits = 0 } of consumed === undefined ? [] : [consumed].flat()) {
    call.capacityUnits += CapacityUnits
  }
}

interface Consumed {
  CapacityUnits?: number
}
