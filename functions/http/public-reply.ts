import { hash } from 'node:crypto'
import { isFresh } from './etag.ts'
import { notModified, type Reply } from './replies.ts'
import type { Request } from './request.ts'

/** A reply that needs no token is the same for everybody, and caches may keep it for this long. */
const kept = { 'Cache-Control': 'public, max-age=60' }

/** A reply that everybody may read, with an entity tag: an item's own, else one of its bytes. */
export function publicReply(request: Request, reply: Reply): Reply {
  const tag = reply.headers?.ETag ?? tagOf(reply.body ?? '')
  const { Vary } = reply.headers ?? {}
  return reply.status === 304 || isFresh(request, tag)
    ? notModified({ ETag: tag, ...kept, ...(Vary && { Vary }) })
    : { ...reply, headers: { ...reply.headers, ETag: tag, ...kept } }
}

function tagOf(body: string): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 22)}"`
}
