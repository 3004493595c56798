import { gunzipSync, gzipSync } from 'node:zlib'
import { compressed } from '../http/compressed.ts'
import { publicReply } from '../http/public-reply.ts'
import type { Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import { openapi } from './openapi.static.ts'

/** The OpenAPI document; the server that it names is the one that was asked. */
export function serveOpenapi(request: Request): Reply {
  const { root } = request
  if (document?.root !== root) document = { root, zipped: documentFor(root) }
  const reply = compressed(request, document.zipped, { 'Content-Type': 'application/json' })
  return publicReply(request, reply)
}

let document: { root: string; zipped: Buffer } | undefined

function documentFor(root: string): Buffer {
  const declared = JSON.parse(gunzipSync(Buffer.from(openapi, 'base64')).toString('utf8'))
  return gzipSync(JSON.stringify({ ...declared, servers: [{ url: root || '/' }] }))
}
