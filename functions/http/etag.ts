import type { Resource } from '../model/declaration.ts'
import { shapeOf } from '../store/declared.ts'
import type { Item, Precondition } from '../store/items.ts'
import type { Request } from './request.ts'

/**
 * The strong entity tag of an item (RFC 9110 section 8.8.3): its revision, and what the declaration
 * makes of it.
 */
export function etag(resource: Resource, item: Pick<Item, '_rev'>): string {
  return `"${tagOf(resource, item._rev)}"`
}

function tagOf(resource: Resource, revision: string): string {
  return `${revision}.${shapeOf(resource)}`
}

/**
 * What If-Match and If-None-Match ask of the item that a write is for; undefined when they ask
 * nothing. The first compares strongly, the second weakly (RFC 9110 sections 13.1.1 and 13.1.2).
 */
export function precondition(resource: Resource, request: Request): Precondition {
  const [wanted, unwanted] = [request.header('If-Match'), request.header('If-None-Match')]
  if (isAny(wanted ?? '*') && unwanted === undefined) return undefined
  return (revision) => {
    const tag = tagOf(resource, revision)
    return (
      (isAny(wanted ?? '*') || strongTags(wanted).includes(tag)) &&
      !(unwanted !== undefined && names(unwanted, tag))
    )
  }
}

/** True when If-None-Match says that the client already has what has this tag. */
export function isFresh(request: Request, etag: string): boolean {
  const value = request.header('If-None-Match')
  return value !== undefined && names(value, opaque(etag))
}

/** Whether an If-None-Match names a tag: a weak form of it counts as well. */
function names(value: string, tag: string): boolean {
  return isAny(value) || tags(value).map(opaque).includes(tag)
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
