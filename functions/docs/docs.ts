import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Problem } from '../http/problems.ts'
import { ok, type Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import { openapi } from '../resources/openapi.static.ts'
import { assets, page } from './assets.static.ts'

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

const read = new Map<string, Promise<Buffer>>()

/** The OpenAPI document; the server that it names is the one that was asked. */
export function openapiDocument(request: Request): Reply {
  const document = { ...JSON.parse(openapi), servers: [{ url: request.root || '/' }] }
  if (!acceptsGzip(request)) return ok(document, { Vary: varies })
  const zipped = gzipSync(JSON.stringify(document))
  return bytes(zipped, { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' })
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
export async function docsAsset(request: Request): Promise<Reply> {
  const { asset: name = '' } = request.params
  const asset = Object.hasOwn(assets, name) ? assets[name] : undefined
  if (!asset) throw new Problem('not_found')
  const zipped = await contentOf(asset.file)
  const headers = {
    'Content-Type': asset.mediaType,
    'Cache-Control': 'public, max-age=31536000, immutable',
  }
  return acceptsGzip(request)
    ? bytes(zipped, { ...headers, 'Content-Encoding': 'gzip' })
    : bytes(gunzipSync(zipped), headers)
}

/** The answer depends on what the client can unpack, and on its origin where CORS is on. */
const varies = 'Accept-Encoding, Origin'

function bytes(content: Buffer, headers: Record<string, string>): Reply {
  const body = content.toString('base64')
  return { status: 200, body, isBase64Encoded: true, headers: { Vary: varies, ...headers } }
}

/** RFC 9110 section 12.5.3; a weight of zero refuses. */
function acceptsGzip(request: Request): boolean {
  const codings = (request.header('Accept-Encoding') ?? '').toLowerCase().split(',')
  return codings.some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/.test(coding))
}

/** Read once in the life of an instance, and only by those that are asked. */
function contentOf(file: string): Promise<Buffer> {
  const content = read.get(file) ?? readFile(join(import.meta.dirname, 'docs', file))
  read.set(file, content)
  return content
}
