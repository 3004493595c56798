import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { required } from '../config/environment.ts'

/** The part of an HTTP request that is signed. */
interface Signable {
  readonly method: string
  readonly path: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly headers: Record<string, string>
  readonly body?: unknown
}

interface SigningOptions {
  readonly signingDate?: Date | string | number
  readonly signingRegion?: string
  readonly signingService?: string
}

const algorithm = 'AWS4-HMAC-SHA256'

let known: { readonly scope: string; readonly key: KeyObject } | undefined

/**
 * Signature Version 4 of a request without a query, with the credentials that Lambda puts into the
 * environment. The SDK's own signer takes any request, and a third of the time of a call.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const signer = {
  async sign<Request extends Signable>(request: Request, options: SigningOptions = {}) {
    const { signingDate = new Date(), signingRegion, signingService = 'dynamodb' } = options
    const time = new Date(signingDate).toISOString().replace(/[-:]|\.\d{3}/g, '')
    const region = signingRegion ?? required('AWS_REGION')
    const scope = `${time.slice(0, 8)}/${region}/${signingService}/aws4_request`
    const { headers } = request
    headers.host = request.port ? `${request.hostname}:${request.port}` : request.hostname
    headers['x-amz-date'] = time
    const sessionToken = process.env.AWS_SESSION_TOKEN
    if (sessionToken) headers['x-amz-security-token'] = sessionToken
    const signed = signedHeaders(headers)
    const names = signed.map(([name]) => name).join(';')
    const canonical = [
      request.method,
      request.path,
      '',
      ...signed.map(([name, value]) => `${name}:${value}`),
      '',
      names,
      sha256(request.body ?? ''),
    ].join('\n')
    const text = `${algorithm}\n${time}\n${scope}\n${sha256(canonical)}`
    const credential = `${required('AWS_ACCESS_KEY_ID')}/${scope}`
    const signature = hmac(signingKey(scope), text).toString('hex')
    headers.authorization = `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
    return request
  },
}

/** The host, what AWS gives a meaning to, and the media type; sorted by name. */
function signedHeaders(headers: Record<string, string>): (readonly [string, string])[] {
  return Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .filter(([name]) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'))
    .sort(([left], [right]) => (left < right ? -1 : 1))
}

/** Derived once a day. */
function signingKey(scope: string): KeyObject {
  if (known?.scope === scope) return known.key
  const secret = `AWS4${required('AWS_SECRET_ACCESS_KEY')}`
  const key = scope.split('/').reduce<string | Buffer>(hmac, secret)
  known = { scope, key: createSecretKey(key as Buffer) }
  return known.key
}

function hmac(key: string | Buffer | KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(content: unknown): string {
  return hash('sha256', content as string | Uint8Array)
}
