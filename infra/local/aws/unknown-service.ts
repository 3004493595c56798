import type { AwsAnswer, AwsRequest } from './protocol.ts'
import { errorAnswer } from './protocol.ts'

/** What a request asks of a service that the runner does not offer, in words. */
export function describeRequest(request: AwsRequest): string {
  const { method, url, headers, body, service } = request
  const [path, query] = url.split('?')
  const target = String(headers['x-amz-target'] ?? '')
  const operation =
    target.split('.').at(-1) ||
    new URLSearchParams(query).get('x-id') ||
    /(?:^|&)Action=(\w+)/.exec(body.subarray(0, 1000).toString('utf8'))?.[1] ||
    `${method} ${path}`
  return `${service || target.split('.')[0] || 'AWS'}: ${operation}`
}

/** Whatever protocol the service has, its client reads the message, and does not try again. */
export function notOffered(request: AwsRequest, message: string): AwsAnswer {
  const type = 'UnknownOperationException'
  const isXml = request.service === 's3' || request.headers['content-type']?.includes('urlencoded')
  if (!isXml) return errorAnswer(`com.amazon.coral.service#${type}`, message, 501)
  const text = message.replace(/[<&]/g, (sign) => (sign === '<' ? '&lt;' : '&amp;'))
  const error = `<Error><Code>${type}</Code><Message>${text}</Message></Error>`
  const body = request.service === 's3' ? error : `<ErrorResponse>${error}</ErrorResponse>`
  return { status: 501, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) }
}
