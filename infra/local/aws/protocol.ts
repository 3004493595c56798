import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

export type Json = Record<string, unknown>

/** One request to AWS, read whole. */
export interface AwsRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The body, where it is a JSON object. */
  readonly parameters: Json | undefined
  readonly accessKey: string
  /** The service as signatures name it: `dynamodb`, `secretsmanager`, `ses`. */
  readonly service: string
}

export interface AwsAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export const jsonType = { 'content-type': 'application/x-amz-json-1.0' }

export async function readRequest(incoming: IncomingMessage): Promise<AwsRequest> {
  const body = await readAll(incoming)
  const { method = 'POST', url = '/', headers } = incoming
  return { method, url, headers, body, parameters: parse(body), ...signer(headers.authorization) }
}

/** `AWS4-HMAC-SHA256 Credential=<access key>/<date>/<region>/<service>/aws4_request, …` */
function signer(authorization = ''): Pick<AwsRequest, 'accessKey' | 'service'> {
  const start = authorization.indexOf('Credential=') + 11
  const [accessKey = '', , , service = ''] = authorization.slice(start).split(/[/,]/, 5)
  return { accessKey, service }
}

export function readAll(stream: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    )
    stream.on('error', reject)
  })
}

export function parse(body: Buffer): Json | undefined {
  if (body.length === 0) return undefined
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

export function jsonAnswer(status: number, value: object): AwsAnswer {
  const body = Buffer.from(JSON.stringify(value))
  return { status, body, headers: { ...jsonType, 'x-amzn-requestid': randomUUID() } }
}

/**
 * An error as every JSON protocol of AWS reads it: by `__type` in the body, or by a header.
 * @param type with the namespace that some clients look for, `com.amazonaws…#Name`
 */
export function errorAnswer(type: string, message: string, status = 400): AwsAnswer {
  const { headers, body } = jsonAnswer(status, { __type: type, Message: message, message })
  return { status, body, headers: { ...headers, 'x-amzn-errortype': type.replace(/^.*#/, '') } }
}

export function send(answer: ServerResponse, { status, headers, body }: AwsAnswer): void {
  answer.writeHead(status, headers).end(body)
}
