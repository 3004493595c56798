import * as z from 'zod'
import { type Declaration, type Fields, operations, type Resource } from './declaration.ts'
import { id, slugPattern, time } from './fields.ts'
import { once } from './memoized.ts'
import { capitalized, operationRoutes } from './operations.ts'

/** Crosses a declaration with the operations: its routes, schemas, and what the store needs. */
export function resource<const Declared extends Fields>(
  declaration: Declaration<Declared>,
): Resource<Declared> {
  const { name, singular, fields, parent } = declaration
  check(declaration)
  const key = declaration.key ?? 'id'
  const collectionPath = `${parent ? `/${parent.name}/{${parent.param}}` : ''}/${name}`
  const names = (): Fields => ({
    ...(declaration.key ? {} : { id: id() }),
    ...(parent && { [parent.param]: id() }),
  })
  const times = (): Fields => ({ createdAt: time(), updatedAt: time() })
  const { bodies } = declaration
  const settled = {
    ...declaration,
    key,
    naturalKey: declaration.key !== undefined,
    parent,
    access: declaration.access ?? {},
    unique: declaration.unique ?? [],
    filters: declaration.filters ?? [],
    shards: declaration.shards ?? 1,
    operations: declaration.operations ?? operations,
    powers: declaration.powers ?? {},
    errors: declaration.errors ?? {},
    collectionPath,
    param: declaration.param ?? key,
    itemPath: `${collectionPath}/{${declaration.param ?? key}}`,
    item: once(() =>
      z.strictObject({ ...names(), ...fields, ...times() }).meta({ id: capitalized(singular) }),
    ),
    values: once(() => z.strictObject({ ...fields })),
    bodies: {
      create: once(
        bodies?.create ?? (() => named(z.strictObject({ ...fields }), `${singular}Create`)),
      ),
      replace: once(() =>
        named(
          replaceBody(fields, { ...names(), ...times() }, declaration.key),
          `${singular}Replace`,
        ),
      ),
      patch: once(
        bodies?.patch ??
          (() => named(patchBody(fields, { ...names(), ...times() }), `${singular}Patch`)),
      ),
    },
  }
  return { ...settled, routes: operationRoutes(settled) }
}

/**
 * Names that begin with `_` are the store's; the read-only ones are given by Portcullis.
 * @throws Error for a declaration whose items could not be stored or found
 */
function check({ name, fields, parent, key, unique = [], filters = [] }: Checked): void {
  const refuse = (field: string, why: string): never => {
    throw new Error(`${name}: ${field} ${why}`)
  }
  const reserved = ['id', 'createdAt', 'updatedAt', 'limit', 'cursor', parent?.param]
  for (const field of Object.keys(fields))
    if (!/^[a-z][A-Za-z0-9]*$/.test(field) || reserved.includes(field))
      refuse(field, 'cannot be the name of a field')
  for (const field of [...(key ? [key] : []), ...unique, ...filters]) {
    const schema = fields[field] ?? refuse(field, 'is not one of the fields')
    // DynamoDB's keys have 1 to 2,048 bytes, and UTF-8 up to 4 a character.
    if (['', 'x'.repeat(300)].some((value) => schema.safeParse(value).success))
      refuse(field, 'must have 1 to 299 characters, as items are found by it')
  }
  if (key && fields[key]?.meta()?.pattern !== slugPattern)
    refuse(key, 'must be a slug to be the key')
  if (key && parent) refuse(key, 'cannot be the key: items under a parent are listed by their ids')
}

/** What is checked of a declaration, whatever its fields are. */
interface Checked extends Pick<Declaration, 'name' | 'fields' | 'parent'> {
  readonly key?: string
  readonly unique?: readonly string[]
  readonly filters?: readonly string[]
}

/** A PUT may repeat what it cannot change; the key may be left out, as the path has it. */
function replaceBody(fields: Fields, readOnly: Fields, key: string | undefined): z.ZodType {
  const keyed = key && fields[key] ? { [key]: fields[key].optional() } : {}
  return ignoring(Object.keys(readOnly), { ...fields, ...keyed })
}

/**
 * JSON Merge Patch (RFC 7396): every field may be left out, and null removes one that need not be
 * there. What the item becomes is validated as a whole when it is known.
 */
function patchBody(fields: Fields, readOnly: Fields): z.ZodType {
  return ignoring(Object.keys(readOnly), patchShape(fields))
}

function patchShape(fields: Fields): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, patchField(field).optional()]),
  )
}

/** The field without its default: that belongs to an item, not to a patch. */
function patchField(field: z.ZodType): z.ZodType {
  if (
    field instanceof z.ZodOptional ||
    field instanceof z.ZodDefault ||
    field instanceof z.ZodPrefault
  )
    return patchField(field.unwrap() as z.ZodType).nullable()
  if (!(field instanceof z.ZodObject)) return field
  const patch = z.object(patchShape(field.shape))
  return field.def.catchall ? patch.catchall(field.def.catchall as z.ZodType) : patch
}

/** An object of which these members are passed over, whatever they hold. */
function ignoring(names: readonly string[], shape: Record<string, z.ZodType>): z.ZodType {
  const ignored = Object.fromEntries(names.map((name) => [name, z.unknown().optional()]))
  return z.strictObject({ ...shape, ...ignored }).transform((body) => withoutKeys(body, names))
}

function withoutKeys(body: Record<string, unknown>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}

function named(schema: z.ZodType, name: string): z.ZodType {
  return schema.meta({ id: capitalized(name) })
}
