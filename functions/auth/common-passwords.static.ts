import { dictionary } from '@zxcvbn-ts/language-common'

/** How many of the list's passwords, most common first, are refused. */
const considered = 20_000

/**
 * Well-known passwords in lower case that are long enough to pass the length rule. Evaluated when
 * the functions are bundled; only the list itself is shipped.
 */
export const commonPasswords: readonly string[] = (dictionary['passwords-common'] as string[])
  .slice(0, considered)
  .filter((password) => password.length >= 8)
