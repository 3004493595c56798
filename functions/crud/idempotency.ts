import { createHmac, hash } from 'node:crypto'
import type { Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { Resource } from '../model/declaration.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'
import type { Step } from '../store/dynamodb.ts'
import { recordKey } from '../store/layout.ts'
import { putAnswer, readAnswer } from '../store/records.ts'

/** How long a key is remembered, seconds, and so how long an answer may outlive a deleted item. */
const lifetime = 24 * 60 * 60

/**
 * The write that makes a create happen once per caller, path and Idempotency-Key: it stands in the
 * same transaction as the item, so there is never one without the other. It fails as `repeated`
 * when the key has been used: then the first answer is to be given again.
 * @param print what a repeated body is recognized by
 */
export function idempotencyStep(
  resource: Resource,
  request: Request,
  within: Attributes,
  reply: Reply,
  print = fingerprint(request),
): Step<'repeated'>[] {
  const key = record(resource, request, within)
  if (!key) return []
  const now = Math.floor(Date.now() / 1000)
  const entry = {
    fingerprint: print,
    body: reply.body ?? '',
    headers: { ...reply.headers },
    _expiresAt: now + lifetime,
  }
  return [{ write: putAnswer(resource, key, entry, now), failure: 'repeated' }]
}

interface Repetition {
  readonly matches?: (print: string) => boolean | Promise<boolean>
  readonly otherwise?: unknown
}

/**
 * The first answer, byte for byte.
 * @param matches whether what was stored is the print of this request's body
 * @param otherwise what is thrown if the request is not a repeated one
 * @throws Problem `idempotency_key_reused` when the body was another one
 */
export async function replay(
  resource: Resource,
  request: Request,
  within: Attributes,
  { matches = (print) => print === fingerprint(request), otherwise }: Repetition = {},
): Promise<Reply> {
  const key = record(resource, request, within)
  const entry = key && (await readAnswer(resource, key))
  if (otherwise && !(entry && entry._expiresAt * 1000 > Date.now())) throw otherwise
  if (!entry) throw new Problem('unavailable', undefined, { headers: { 'Retry-After': '1' } })
  if (!(await matches(entry.fingerprint))) throw new Problem('idempotency_key_reused')
  return { status: 201, body: entry.body, headers: entry.headers }
}

/** @param within what the new item lies under: the record lies there too */
function record(resource: Resource, request: Request, within: Attributes): Attributes | undefined {
  const { idempotencyKey, principal } = request
  if (idempotencyKey === undefined) return undefined
  const of = JSON.stringify([principal?.userId, request.path(), idempotencyKey])
  const name = hash('sha256', of, 'base64url')
  const parentId = resource.parent && within[resource.parent.param]
  return recordKey(resource, `idempotency~${name}`, parentId)
}

/** An HMAC under the client's key, which is not stored. */
function fingerprint({ idempotencyKey = '', rawBody }: Request): string {
  return createHmac('sha256', idempotencyKey).update(rawBody).digest('base64url')
}
