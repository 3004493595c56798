import type { Request } from '../http/request.ts'
import type { Item, Revisions } from '../store/items.ts'

/** The strong entity tag of an item (RFC 9110 section 8.8.3): its revision. */
export function etag(item: Pick<Item, '_rev'>): string {
  return `"${item._rev}"`
}

/**
 * The revisions that If-Match lets through; undefined for none given and for `*`, which asks only
 * that the item exists. Compared strongly: a weak tag never matches (RFC 9110 section 13.1.1).
 */
export function ifMatch(request: Request): Revisions {
  const value = request.header('If-Match')
  if (value === undefined || value.trim() === '*') return undefined
  const strong = tags(value).filter((tag) => !tag.startsWith('W/'))
  return strong.length > 0 ? strong.map(opaque).slice(0, maxTags) : [noRevision]
}

/** True when If-None-Match says that the client has the item already (weak comparison). */
export function isFresh(request: Request, item: Item): boolean {
  const value = request.header('If-None-Match')
  if (value === undefined) return false
  return value.trim() === '*' || tags(value).map(opaque).includes(item._rev)
}

/** What a header without any strong tag asks for: nothing matches it. */
const noRevision = ''

/** DynamoDB takes at most 100 operands of IN. */
const maxTags = 100

function tags(value: string): string[] {
  return value.match(/(?:W\/)?"[^"]*"/g) ?? []
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '').slice(1, -1)
}
