import { hash } from 'node:crypto'
import * as z from 'zod'
import type { Resource } from '../model/declaration.ts'
import { byFields, sortFields } from '../model/indexes.ts'
import type { Attributes } from './attributes.ts'
import { formOf, itemVersion } from './layout.ts'

/**
 * The parts that lists need every item to have, each with its form: how values compare, what stands
 * in for a missing one, and the version of the fields, as an upgrade may change any.
 */
export function partsOf(resource: Resource): string[] {
  const version = resource.upgrade.length
  return [
    ...(resource.parent ? [] : [listPart(resource)]),
    ...byFields(resource).map((field) => part(resource, 'by', field)),
    ...sortFields(resource).map((field) => part(resource, 'sort', field)),
    ...resource.unique.map((field) => part(resource, 'unique', field)),
    // No list needs this part: it gets those items upgraded that need nothing else.
    ...(version > 0 ? [`version ${version}`] : []),
  ]
}

export function listPart({ shards }: Resource): string {
  return `list ${shards}`
}

export function part(resource: Resource, kind: 'by' | 'sort' | 'unique', field: string): string {
  const { fields, upgrade } = resource
  const schema = fields[field]
  const otherwise =
    schema instanceof z.ZodDefault ? [`=${JSON.stringify(schema.parse(undefined))}`] : []
  const version = upgrade.length > 0 ? [upgrade.length] : []
  return [kind, field, formOf(resource, field), ...otherwise, ...version].join(' ')
}

const prints = new WeakMap<Resource, string>()

/**
 * What new items are marked with: the number of upgrades that they no longer need, in three digits
 * so that text compares as numbers do, and a print of all parts that they have.
 */
export function versionOf(resource: Resource): string {
  const known = prints.get(resource)
  if (known) return known
  const text = partsOf(resource).join('\n')
  const print = hash('sha256', text, 'base64url').slice(0, 8)
  const version = versionMark(resource.upgrade.length, print)
  prints.set(resource, version)
  return version
}

/** In the place of a print: made since the table has its record, but written under another declaration. */
const rewritten = '-'

/** After a print: the item has all parts, but may be older than the record, or was imported. */
const elsewhere = '~'

/** Whether an item has all parts of the declaration. */
export function isOfVersion(resource: Resource, { [itemVersion]: mark }: Attributes): boolean {
  const version = versionOf(resource)
  return mark === version || mark === `${version}${elsewhere}`
}

/** The version of an item that was written and may lack parts: it is still to be re-indexed. */
export function writtenVersion(resource: Resource, before: Attributes): string {
  if (isOfVersion(resource, before)) return String(before[itemVersion])
  return versionMark(resource.upgrade.length, isMadeSince(before) ? rewritten : '')
}

/** The version of an item that has all parts now. */
export function reindexedVersion(resource: Resource, before: Attributes): string {
  const version = versionOf(resource)
  return isMadeSince(before) ? version : `${version}${elsewhere}`
}

export function versionMark(upgrades: number, print: string): string {
  return `${String(upgrades).padStart(3, '0')}.${print}`
}

/** The number of upgrades that an item no longer needs. */
export function upgradesOf(item: Attributes): number {
  const [, upgrades = '0'] = /^(\d{3})\./.exec(String(item[itemVersion])) ?? []
  return Number(upgrades)
}

/**
 * Whether an item was made since there is a record of what all items have. Then it has, whatever has
 * been written since, the parts that are left in the record; and so have all that are newer.
 */
export function isMadeSince(item: Attributes): boolean {
  return /^\d{3}\.[^~]+$/.test(String(item[itemVersion]))
}

/** Whether code that knows more upgrades has written an item. */
export function isNewer({ upgrade }: Pick<Resource, 'upgrade'>, item: Attributes): boolean {
  return upgradesOf(item) > upgrade.length
}
