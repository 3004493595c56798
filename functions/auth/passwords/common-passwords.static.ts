import { brotliCompressSync, constants } from 'node:zlib'
import { dictionary } from '@zxcvbn-ts/language-common'

/** How many of the list's passwords, most common first, are refused. */
const considered = 20_000

/** Shorter ones are not looked for inside of a password. */
const shortest = 5

/** Makes a better result of this list than the highest one, in half the time. */
const quality = { [constants.BROTLI_PARAM_QUALITY]: 10 }

/**
 * Well-known passwords in lower case: sorted, a line each, front-coded and compressed (Brotli,
 * base64). Evaluated when the functions are bundled; only the list itself is shipped. It is made when
 * somebody reads it: commands of the operator, which import this too, never do.
 */
export const commonPasswords = {
  get compressed(): string {
    return brotliCompressSync(frontCoded(listed()), { params: quality }).toString('base64')
  },
}

function listed(): string[] {
  return (dictionary['passwords-common'] as string[])
    .slice(0, considered)
    .filter((password) => password.length >= shortest)
    .sort()
}

/** The first character of a front-coded line that shares nothing with the line before it. */
export const sharesNothing = 0x30

/** Each line begins with a character that tells how many it shares with the line before it. */
function frontCoded(lines: readonly string[]): string {
  return lines
    .map((line, index) => {
      const before = lines[index - 1] ?? ''
      let shared = 0
      while (shared < before.length && line[shared] === before[shared]) shared += 1
      return String.fromCharCode(sharesNothing + shared) + line.slice(shared)
    })
    .join('\n')
}
