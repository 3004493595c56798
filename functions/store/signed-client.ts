import { randomUUID } from 'node:crypto'
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import { required } from '../config/environment.ts'
import { deadline } from '../invocation/deadline.ts'
import {
  type Consumption,
  type DocumentCommand,
  documentOutput,
  type Operation,
  operationOf,
  protocolInput,
} from './documents.ts'
import { inTime, isThrottled, patience } from './failures.ts'
import { signer } from './signature.ts'

/**
 * In place of client.ts, where the functions are bundled with `DATABASE_CLIENT=signed`: one signed
 * request over a connection that is kept, with the SDK's errors and as patient, but none of its
 * middlewares. docs/database-client.md says what that is worth, and what is given up for it.
 */
const region = required('AWS_REGION')
const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
const url = new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB ?? `https://dynamodb.${region}.${domain}`)
const overTls = url.protocol === 'https:'
const open = overTls ? tlsRequest : request
const agent = new (overTls ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 50 })

/** Sends a command of the document client; failures are the SDK's exceptions. */
export async function sendDocument(command: DocumentCommand): Promise<unknown> {
  const operation = operationOf(command)
  const body = JSON.stringify({ ...protocolInput(command), ...idempotency(operation) })
  for (let attempt = 1; ; attempt++) {
    try {
      const output = JSON.parse(await once(operation, body)) as Consumption
      return documentOutput(operation, output)
    } catch (error) {
      if (attempt === patience.maxAttempts || !isRetryable(error)) throw error
      const base = isThrottled((error as Failure).name) ? 500 : 25
      await inTime(delay(Math.random() * base * 2 ** (attempt - 1)))
    }
  }
}

/** A transaction that is sent again is applied once. */
function idempotency(operation: Operation): object {
  return operation === 'TransactWriteItems' ? { ClientRequestToken: randomUUID() } : {}
}

async function once(operation: Operation, body: string): Promise<string> {
  const port = url.port ? Number(url.port) : undefined
  const unsigned = {
    ...{ method: 'POST', path: '/', hostname: url.hostname, port, body },
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    },
  }
  const { status, text } = await exchange(await signer.sign(unsigned, { signingRegion: region }))
  if (status === 200) return text
  throw failure(status, text)
}

/** @throws Error with `$metadata` when there is no whole answer in time */
function exchange({ body, ...signed }: RequestOptions & { body: string }) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const unanswered = (error: Error) => reject(Object.assign(error, { $metadata: {} }))
    const signal = deadline()
    const timeout = patience.requestHandler.requestTimeout
    const options = { ...signed, agent, timeout, ...(signal && { signal }) }
    const outgoing = open(options, (answer: IncomingMessage) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
      answer.on('error', unanswered)
    })
    outgoing.on('timeout', () => outgoing.destroy(named('TimeoutError', 'DynamoDB is silent')))
    outgoing.on('error', unanswered)
    outgoing.end(body)
  })
}

/** The exceptions that the store asks for by class; any other has the name that DynamoDB gives. */
function failure(httpStatusCode: number, text: string): Error {
  const { __type = '', message = '', Message = message, ...rest } = parsed(text)
  const details = { ...rest, message: Message, $metadata: { httpStatusCode } }
  const name = __type.replace(/^.*#/, '')
  if (name === 'ConditionalCheckFailedException')
    return new ConditionalCheckFailedException(details)
  if (name === 'TransactionCanceledException') return new TransactionCanceledException(details)
  return Object.assign(named(name || `Status${httpStatusCode}`, Message), details)
}

function parsed(text: string): { __type?: string; message?: string; Message?: string } {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

/** No answer, one that says that it is too much, or DynamoDB's own fault; not: no time left. */
function isRetryable(error: unknown): boolean {
  const { name, $metadata } = error as Failure
  if (name === 'AbortError' || !$metadata) return false
  return ($metadata.httpStatusCode ?? 503) >= 500 || isThrottled(name)
}

interface Failure {
  readonly name?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}
