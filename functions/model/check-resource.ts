import * as z from 'zod'
import { operations, type Resource } from './declaration.ts'
import { referenceOf, slugPattern } from './fields.ts'
import { exactFields, maxShards, sortFields } from './indexes.ts'
import { plain } from './list-query.ts'
import { isReadByAll } from './operations.ts'
import { ownerName } from './parents.ts'
import { references } from './references.ts'
import { charactersAtMost, checkStorable } from './storable.ts'
import { checksOf } from './zod-checks.ts'

/**
 * Refuses what cannot be kept or found. Done when the functions are bundled: a declaration that is
 * right then does not become wrong in a function.
 * @throws Error with the resource, the field and what is wrong with it
 */
export function checkResource(resource: Resource): void {
  const { name, readOnly, parent, owner, key, naturalKey, unique, indexes, shards, own } = resource
  const fields = { ...resource.fields, ...readOnly }
  const refuse = (why: string): never => {
    throw new Error(`${name}: ${why}`)
  }
  checkNames(resource, refuse)
  // Names that begin with `_` are the store's; the read-only ones are given by Portcullis.
  const given = ['id', 'createdAt', 'updatedAt', owner && ownerName, parent?.param]
  const reserved = [...given, 'limit', 'cursor', 'sort']
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
  for (const field of sortFields(resource)) checkOrder(field, fields[field] as z.ZodType, refuse)
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
  const count = indexes.length + (parent ? 0 : 1) + (owner ? 1 : 0)
  if (count > 20)
    refuse(
      `needs ${count} indexes, and a table can have 20: \`by\` with \`sort\` makes two, the list and the owner one each`,
    )
  checkReferences(resource, refuse)
  if (!(Number.isInteger(shards) && shards >= 1 && shards <= maxShards))
    refuse(`shards must be from 1 to ${maxShards}`)
  if (!naturalKey) return
  if (owner) refuse(`${key} cannot be the key: items of an owner have ids`)
  if (fields[key]?.meta()?.pattern !== slugPattern) refuse(`${key} must be a slug to be the key`)
  if (parent) refuse(`${key} cannot be the key: items under a parent are listed by their ids`)
  for (const [route, { on, path }] of Object.entries(own)) {
    const [, first = ''] = path.split('/')
    if (on === 'collection' && new RegExp(slugPattern).test(first))
      refuse(
        `the route ${route} hides the item whose ${key} is ${first}: begin its \`path\` with what no slug has, such as /_${first}`,
      )
  }
}

type Refuse = (why: string) => never

/** What TypeScript lets nothing be called. */
const reservedWords =
  /^(?:arguments|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/

/** The paths, the document and the typed client are made of these names. */
function checkNames(resource: Resource, refuse: Refuse): void {
  const { name, singular, param, own } = resource
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name))
    refuse('`name` must be words of lower-case letters and digits, joined by hyphens')
  if (!/^[a-z][A-Za-z0-9]*(?:-[a-z0-9]+)*$/.test(singular))
    refuse('`singular` must be letters and digits, as order-item or orderItem: hyphens join words')
  if (!isIdentifier(param) || ['body', 'query', 'options'].includes(param))
    refuse(
      `${param} cannot be \`param\`, which must be letters and digits, the first a lower-case letter, and neither body, query, options nor a word of JavaScript`,
    )
  for (const [route, { path }] of Object.entries(own))
    if (!/^(?:\/(?:[\w.:-]+|\{\w+\}))+$/.test(path))
      refuse(
        `API Gateway does not take the \`path\` of the route ${route}: its parts must be letters, digits and . _ - : alone, or a name in braces`,
      )
  const taken: readonly string[] = [...operations, 'delete']
  for (const route of Object.keys(own))
    if (!isIdentifier(route) || taken.includes(route))
      refuse(
        `${route} cannot be one of \`routes\`: their names must be letters and digits, the first a lower-case letter, and not those of operations`,
      )
}

function isIdentifier(name: string): boolean {
  return /^[a-z][A-Za-z0-9]*$/.test(name) && !reservedWords.test(name)
}

/** A path has two levels, and one name for each of its parameters. */
function checkPlace(resource: Resource, refuse: Refuse): void {
  const { parent, param, owner, access, unique } = resource
  const above = resource.pathParent as Partial<Resource> | undefined
  if (above && owner)
    refuse('items under a parent belong to its owner: they cannot have one of their own')
  if (above?.pathParent) refuse(`its parent ${above.name} has a parent itself`)
  // One that was deleted and made again under its name would have the items of the first.
  if (above?.naturalKey)
    refuse(
      `its parent ${above.name} has the key ${above.key}, and must have ids: leave out its \`key\`, and declare ${above.key} as \`unique\``,
    )
  if (above && above.param === above.key)
    refuse(`its parent ${above.name} needs a \`param\` of its own`)
  if (param === parent?.param) refuse(`its parent ${parent.name} has the same \`param\`: ${param}`)
  if (unique.length > 0 && owner === 'readable')
    refuse(
      'cannot have unique values: only those of private items are released when their owner is deleted',
    )
  if (access.public && (owner === 'private' || above?.owner === 'private'))
    refuse('what is private cannot be public')
}

/**
 * Where everybody may read a resource, a reference to one that not everybody may read must say so.
 */
function checkReferences({ fields, access }: Resource, refuse: Refuse): void {
  if (!access.public) return
  for (const { to, publicly } of Object.values(fields).flatMap(references))
    if (!publicly && !isReadByAll(to))
      refuse(`everybody may read it, but not ${to.name}, which it refers to: ref(…, 'publicly')`)
}

/** The order of what an index holds must be the order of the values. */
function checkOrder(name: string, schema: z.ZodType, refuse: Refuse): void {
  const field = plain(schema)
  // A key that a reference names is of ASCII, and whole in an index at any length.
  if (!referenceOf(field) && isLong(field, 240))
    refuse(`${name} must have at most 240 characters, as lists are sorted by it`)
  if (field instanceof z.ZodEnum && new Set(field.options.map((option) => typeof option)).size > 1)
    refuse(`${name} must have words alone or numbers alone, as lists are sorted by it`)
  if (isWrittenInManyWays(field))
    refuse(
      `${name} must have one form, as lists are sorted by it: use dateTime(), or give it a precision and no offset`,
    )
}

/** Zod's times: `…:00.5Z` is later than `…:00Z`, and comes before it as text. */
function isWrittenInManyWays(field: z.ZodType): boolean {
  return checksOf(field).some(
    ({ format, precision, offset, local }) =>
      format === 'datetime' && (typeof precision !== 'number' || offset || local),
  )
}

function isLong(schema: z.ZodType, most = 299): boolean {
  const field = plain(schema)
  return field.type === 'string' && charactersAtMost(field) > most
}
