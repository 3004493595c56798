import { gunzipSync } from 'node:zlib'
import type { Reply } from './replies.ts'
import type { Request } from './request.ts'

/** Answers gzip as it is, or unpacked for the rare client that does not take it. */
export function compressed(
  request: Request,
  zipped: Buffer,
  headers: Readonly<Record<string, string>>,
): Reply {
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
