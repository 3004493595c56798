import * as z from 'zod'
import type { Resource } from './declaration.ts'
import { slugPattern } from './fields.ts'
import { exactFields, sortFields } from './indexes.ts'
import { plain } from './list-query.ts'
import { charactersAtMost, checkStorable } from './storable.ts'

/**
 * Refuses what cannot be kept or found. Done when the functions are bundled, as what was declared
 * right does not become wrong in a function.
 * @throws Error with the resource, the field and what is wrong with it
 */
export function checkResource(resource: Resource): void {
  const { name, fields, parent, key, naturalKey, unique } = resource
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
  if (!naturalKey) return
  if (fields[key]?.meta()?.pattern !== slugPattern) refuse(`${key} must be a slug to be the key`)
  if (parent) refuse(`${key} cannot be the key: items under a parent are listed by their ids`)
}

function isLong(schema: z.ZodType, most = 299): boolean {
  const field = plain(schema)
  return field.type === 'string' && charactersAtMost(field) > most
}
