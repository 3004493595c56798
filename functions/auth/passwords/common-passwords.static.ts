import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import { dictionary } from '@zxcvbn-ts/language-common'

/** How many of the list's passwords, most common first, are refused. */
const considered = 20_000

/** Shorter ones are not looked for inside of a password. */
const shortest = 5

/**
 * Well-known passwords in lower case: sorted, a line each, compressed (Brotli, base64). Evaluated when
 * the functions are bundled; only the list itself is shipped.
 */
export const commonPasswords: string = (await compressed()).toString('base64')

function compressed(): Promise<Buffer> {
  return promisify(brotliCompress)(listed())
}

function listed(): string {
  return (dictionary['passwords-common'] as string[])
    .slice(0, considered)
    .filter((password) => password.length >= shortest)
    .sort()
    .join('\n')
}
