import type { Item, Precondition } from '../store/items.ts'
import type { Request } from './request.ts'

/** The strong entity tag of an item (RFC 9110 section 8.8.3): its revision. */
export function etag(item: Pick<Item, '_rev'>): string {
  return `"${item._rev}"`
}

/**
 * What If-Match and If-None-Match ask of the item that a write is for; undefined when nothing. The
 * first compares strongly, the second weakly (RFC 9110 sections 13.1.1 and 13.1.2).
 */
export function precondition(request: Request): Precondition {
  const [wanted, unwanted] = [request.header('If-Match'), request.header('If-None-Match')]
  if (isAny(wanted ?? '*') && unwanted === undefined) return undefined
  return (revision) =>
    (isAny(wanted ?? '*') || strongTags(wanted).includes(revision)) &&
    !(unwanted !== undefined && names(unwanted, revision))
}

/** True when If-None-Match says that the client has the item already. */
export function isFresh(request: Request, item: Pick<Item, '_rev'>): boolean {
  const value = request.header('If-None-Match')
  return value !== undefined && names(value, item._rev)
}

/** Whether an If-None-Match names a revision: a weak tag does as well. */
function names(value: string, revision: string): boolean {
  return isAny(value) || tags(value).map(opaque).includes(revision)
}

function isAny(value: string): boolean {
  return value.trim() === '*'
}

function strongTags(value = ''): string[] {
  return tags(value)
    .filter((tag) => !tag.startsWith('W/'))
    .map(opaque)
}

function tags(value: string): string[] {
  return value.match(/(?:W\/)?"[^"]*"/g) ?? []
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '').slice(1, -1)
}
