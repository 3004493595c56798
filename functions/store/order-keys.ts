import { hash } from 'node:crypto'

/**
 * Values as text whose order by bytes, which is DynamoDB's, is the order of the values: text by
 * code points, numbers by size, `false` before `true`. In an index the item's sequence follows,
 * after a NUL, so that equal values lie in the order of creation and every place is one item's.
 */
export function orderKey(value: string | number | boolean): string {
  if (typeof value === 'number') return ordered(value)
  return truncated(String(value).replaceAll(nul, `${nul}\u007f`))
}

/** A sequence begins with a digit or a letter: NUL and a sequence come before an escaped NUL. */
const nul = '\u0000'
const afterSequences = `${nul}~`

/** The place of an item in an index. */
export function indexPlace(key: string, sequence: string): string {
  return key + nul + sequence
}

/** A closed interval of places. */
export interface Span {
  readonly low: string
  readonly high: string
}

/**
 * The last place with this beginning: U+10FFFF is the last code point, and a key has 1,024 bytes.
 */
function last(beginning: string): string {
  return beginning + '\u{10ffff}'.repeat((1024 - Buffer.byteLength(beginning)) / 4)
}

/** All sequences; the records beside the items, whose names begin with `~`, come after. */
export const sequences: Span = { low: nul, high: '~' }

export const everything: Span = { low: nul, high: last('') }

/** The places of the values that compare so with a key. */
export const spans = {
  equal: (key: string): Span => ({ low: key + nul, high: key + afterSequences }),
  gte: (key: string): Span => ({ ...everything, low: key || nul }),
  gt: (key: string): Span => ({ ...everything, low: key + afterSequences }),
  lte: (key: string): Span => ({ ...everything, high: key + afterSequences }),
  // No place is a key alone.
  lt: (key: string): Span => ({ ...everything, high: key }),
  prefix: (key: string): Span => ({ low: key || nul, high: last(key) }),
} as const

export function intersection(left: Span, right: Span): Span {
  return {
    low: compareBytes(left.low, right.low) > 0 ? left.low : right.low,
    high: compareBytes(left.high, right.high) < 0 ? left.high : right.high,
  }
}

/** What lies beyond a place; a sequence ends with a hexadecimal digit. */
export function beyond(place: string, descending: boolean): Span {
  if (!descending) return { ...everything, low: `${place}!` }
  const before = String.fromCharCode(place.charCodeAt(place.length - 1) - 1)
  return { ...everything, high: `${place.slice(0, -1)}${before}~` }
}

export function isEmpty({ low, high }: Span): boolean {
  return compareBytes(low, high) > 0
}

/** As DynamoDB compares: by the bytes of UTF-8, not by UTF-16's units as JavaScript does. */
export function compareBytes(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right))
}

/** Text as a part of a key, of at most `maxBytes`; a longer text is replaced by its digest. */
export function keyText(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  return `${nul}sha256:${hash('sha256', text, 'base64url')}`
}

/** The double's bits (IEEE 754), turned so that they sort as the numbers do. */
function ordered(value: number): string {
  const bits = Buffer.alloc(8)
  // Zero has two signs; it is one number.
  bits.writeDoubleBE(value === 0 ? 0 : value)
  const negative = ((bits[0] ?? 0) & 0x80) !== 0
  for (let at = 0; at < 8; at++)
    bits[at] = (bits[at] ?? 0) ^ (negative ? 0xff : at === 0 ? 0x80 : 0)
  return bits.toString('hex')
}

/** With a sequence and what a bound adds, 1,024 bytes at most; only NFC makes a text that long. */
const maxBytes = 960

function truncated(text: string): string {
  if (text.length * 4 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  let end = text.length
  while (Buffer.byteLength(text.slice(0, end)) > maxBytes) end -= 1
  return text.slice(0, /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end)
}
