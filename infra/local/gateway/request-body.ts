import type { IncomingMessage } from 'node:http'

/** How much of a body that is too large is still read, so that the client sees the answer. */
const patience = 5

/** Reads a request's body; `undefined` when it has none. */
export function readBody(
  incoming: IncomingMessage,
  maximum: number,
): Promise<Buffer | undefined | 'too large'> | undefined {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers
  if (encoding === undefined && (length === undefined || length === '0')) return undefined
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maximum) chunks.push(chunk)
      else if (size > maximum * patience) resolve('too large')
    })
    incoming.on('end', () => {
      if (size > maximum) return resolve('too large')
      resolve(size === 0 ? undefined : Buffer.concat(chunks))
    })
    incoming.on('error', reject)
  })
}
