import { createReadStream } from 'node:fs'

const newline = 0x0a

/** A line of a file, or undefined where its bytes are not UTF-8. */
export type Line = string | undefined

/**
 * The lines of a file, which end with a line feed and nothing else: JSON may hold all other
 * characters that readers of text break lines at, U+2028 and U+2029 among them (RFC 8259 section 7).
 */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  let rest: Uint8Array = Buffer.alloc(0)
  for await (const chunk of createReadStream(path)) {
    let from = 0
    const bytes = Buffer.concat([rest, chunk as Buffer])
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      yield decoded(bytes.subarray(from, end))
      from = end + 1
    }
    rest = bytes.subarray(from)
  }
  if (rest.length > 0) yield decoded(rest)
}

function decoded(bytes: Uint8Array): Line {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
