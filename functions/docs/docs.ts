import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import { Problem } from '../model/problems.ts'
import { assets, page } from './assets.static.ts'
import { openapi } from './openapi.static.ts'

/** Nothing from elsewhere, no inline script; Swagger UI's stylesheet has images as data URLs. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const read = new Map<string, Buffer>()

/** The OpenAPI document; the server that it names is the one that was asked. */
export function openapiDocument(request: Request): Reply {
  const { root } = request
  if (document?.root !== root) document = { root, zipped: documentFor(root) }
  return compressed(request, document.zipped, { 'Content-Type': 'application/json' })
}

let document: { root: string; zipped: Buffer } | undefined

function documentFor(root: string): Buffer {
  const declared = JSON.parse(gunzipSync(Buffer.from(openapi, 'base64')).toString('utf8'))
  return gzipSync(JSON.stringify({ ...declared, servers: [{ url: root || '/' }] }))
}

/** The document as an interactive page. */
export function docsPage(): Reply {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': pagePolicy,
  }
  return { status: 200, body: page, headers }
}

/** A file of the page; its name changes with its content, so that nobody asks twice. */
export function docsAsset(request: Request): Reply {
  const { asset: name = '' } = request.params
  const asset = Object.hasOwn(assets, name) ? assets[name] : undefined
  if (!asset) throw new Problem('not_found')
  const headers = {
    'Content-Type': asset.mediaType,
    'Cache-Control': 'public, max-age=31536000, immutable',
  }
  return compressed(request, contentOf(asset.file), headers)
}

/** The content as it is, or unpacked for the rare client that does not take gzip. */
function compressed(request: Request, zipped: Buffer, headers: Record<string, string>): Reply {
  const accepted = acceptsGzip(request)
  return {
    status: 200,
    body: (accepted ? zipped : gunzipSync(zipped)).toString('base64'),
    isBase64Encoded: true,
    headers: {
      ...headers,
      // Where CORS is on, every answer depends on the origin too.
      Vary: 'Accept-Encoding, Origin',
      ...(accepted && { 'Content-Encoding': 'gzip' }),
    },
  }
}

/** RFC 9110 section 12.5.3; a weight of zero refuses. */
function acceptsGzip(request: Request): boolean {
  const codings = (request.header('Accept-Encoding') ?? '').toLowerCase().split(',')
  return codings.some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/.test(coding))
}

/** Read once in the life of an instance, and only when it is asked for. */
function contentOf(file: string): Buffer {
  const content = read.get(file) ?? readFileSync(join(import.meta.dirname, 'docs', file))
  read.set(file, content)
  return content
}
