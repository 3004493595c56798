import * as z from 'zod'
import type { Resource } from './declaration.ts'
import { slugPattern } from './fields.ts'
import { exactFields, maxShards, sortFields } from './indexes.ts'
import { plain } from './list-query.ts'
import { references } from './references.ts'
import { charactersAtMost, checkStorable } from './storable.ts'

/**
 * Refuses what cannot be kept or found. Done when the functions are bundled: a declaration that is
 * right then does not become wrong in a function.
 * @throws Error with the resource, the field and what is wrong with it
 */
export function checkResource(resource: Resource): void {
  const { name, readOnly, parent, owner, key, naturalKey, unique, shards } = resource
  const fields = { ...resource.fields, ...readOnly }
  const refuse = (why: string): never => {
    throw new Error(`${name}: ${why}`)
  }
  // Names that begin with `_` are the store's; the read-only ones are given by Portcullis.
  const reserved = ['id', 'createdAt', 'updatedAt', 'limit', 'cursor', 'sort', parent?.param]
  for (const field of Object.keys(fields))
    if (!/^[a-z][A-Za-z0-9]*$/.test(field) || reserved.includes(field))
      refuse(`${field} cannot be the name of a field`)
  try {
    checkStorable(fields)
  } catch (error) {
    refuse((error as Error).message)
  }
  const found = [...(naturalKey ? [key] : []), ...exactFields(resource)]
  for (const field of found) {
    const schema = fields[field] ?? refuse(`${field} is not one of the fields`)
    if (!['string', 'number', 'boolean', 'enum'].includes(plain(schema).type))
      refuse(`${field} must be text, a number, a choice, true or false, as items are found by it`)
    // DynamoDB's keys have 1 to 2,048 bytes, and UTF-8 up to 4 a character.
    if (schema.safeParse('').success || isLong(schema))
      refuse(`${field} must have 1 to 299 characters, as items are found by it`)
  }
  for (const field of sortFields(resource))
    if (isLong(fields[field] as z.ZodType, 240))
      refuse(`${field} must have at most 240 characters, as lists are sorted by it`)
  for (const field of unique)
    if (fields[field] instanceof z.ZodDefault)
      refuse(`${field} cannot have a default, as only one item may have each value`)
  for (const field of Object.keys(readOnly))
    if (field in resource.fields) refuse(`${field} cannot be read-only and written`)
  // A stream of DynamoDB serves two readers, and the clean-up may be one.
  if (Object.keys(resource.onChange).length > 1)
    refuse(
      'only one function can read its changes: a stream serves two, and the clean-up may be the other',
    )
  // The version of an item has three digits.
  if (resource.upgrade.length > 999) refuse('has more than 999 upgrades')
  checkPlace(resource, refuse)
  checkReferences(resource, refuse)
  if (!(Number.isInteger(shards) && shards >= 1 && shards <= maxShards))
    refuse(`shards must be from 1 to ${maxShards}`)
  if (!naturalKey) return
  if (owner) refuse(`${key} cannot be the key: items of an owner have ids`)
  if (fields[key]?.meta()?.pattern !== slugPattern) refuse(`${key} must be a slug to be the key`)
  if (parent) refuse(`${key} cannot be the key: items under a parent are listed by their ids`)
}

type Refuse = (why: string) => never

/** A path has two levels, and one name for each of its parameters. */
function checkPlace({ parent, owner, access, unique }: Resource, refuse: Refuse): void {
  const lies = owner === 'private' ? undefined : (parent as Partial<Resource> | undefined)
  if (lies && owner)
    refuse('items under a parent belong to its owner: they cannot have one of their own')
  if (lies?.parent && lies.owner !== 'private')
    refuse(`its parent ${lies.name} has a parent itself`)
  if (lies && lies.param === lies.key)
    refuse(`its parent ${lies.name} needs a \`param\` of its own`)
  if (unique.length > 0 && owner === 'readable')
    refuse(
      'cannot have unique values: only those of private items are released when their owner is deleted',
    )
  if (access.public && (owner === 'private' || lies?.owner === 'private'))
    refuse('what is private cannot be public')
}

/**
 * Where everybody may read a resource, a reference to one that not everybody may read must say so.
 */
function checkReferences({ fields, access }: Resource, refuse: Refuse): void {
  if (!access.public) return
  for (const { to, shown } of Object.values(fields).flatMap(references))
    if (!shown && !to.access.public)
      refuse(`everybody may read it, but not ${to.name}, which it refers to: ref(…, 'publicly')`)
}

function isLong(schema: z.ZodType, most = 299): boolean {
  const field = plain(schema)
  return field.type === 'string' && charactersAtMost(field) > most
}
