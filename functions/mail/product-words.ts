import type { Words } from './words.ts'

/** The words of a product's own mails, by the name that `mailTo` is given; none by default. */
export const productWords: Readonly<Record<string, Words>> = {}
