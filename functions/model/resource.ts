import * as z from 'zod'
import {
  type Declaration,
  type Fields,
  type OwnRoute,
  type OwnRoutes,
  operations,
  type Resource,
} from './declaration.ts'
import { id, storedKey, time } from './fields.ts'
import { withExact } from './indexes.ts'
import { keepable } from './keepable.ts'
import { once } from './memoized.ts'
import { inWords, pascalCase } from './names.ts'
import { operationRoutes, ownRoutes } from './operations.ts'
import { ownerName, users } from './parents.ts'

/**
 * Crosses a declaration with the operations: its routes, schemas, and what the store needs.
 * @param lookups fields by whose value the function of the resource finds an item in a way of its own
 */
export function resource<
  const Declared extends Fields,
  const ReadOnly extends Fields = Record<never, z.ZodType>,
  const Own extends OwnRoutes = Record<never, OwnRoute>,
>(
  declaration: Declaration<Declared, ReadOnly, Own>,
  lookups: readonly string[] = [],
): Resource<Declared, ReadOnly, Own> {
  const { name, singular, fields, owner, parent: pathParent } = declaration
  const words = inWords(singular)
  const parentWords = pathParent && inWords(pathParent.singular)
  const parent = owner === 'private' ? users : pathParent
  const key = declaration.key ?? 'id'
  const collectionPath = `${pathParent ? `/${pathParent.name}/{${pathParent.param}}` : ''}/${name}`
  const names = (): Fields => ({
    ...(declaration.key ? {} : { id: id().describe(`The id of the ${words}; ids sort by time.`) }),
    ...(owner && { [ownerName]: id().describe(`The owner of the ${words}: the id of a user.`) }),
    ...(pathParent && {
      [pathParent.param]: id().describe(`The ${parentWords} that it belongs to.`),
    }),
  })
  const times = (): Fields => ({
    createdAt: time().describe(`When the ${words} was created.`),
    updatedAt: time().describe('When it was last changed; at first equal to `createdAt`.'),
  })
  const readOnly = declaration.readOnly ?? ({} as ReadOnly)
  const ignored = () => ({ ...names(), ...readOnly, ...times() })
  const { bodies } = declaration
  const whole = {
    ...declaration,
    key,
    naturalKey: declaration.key !== undefined,
    readOnly,
    compute: declaration.compute as Resource['compute'],
    upgrade: declaration.upgrade ?? [],
    onChange: declaration.onChange ?? {},
    own: declaration.routes ?? ({} as Own),
    owner,
    pathParent,
    parent,
    access: declaration.access ?? {},
    unique: declaration.unique ?? [],
    indexes: withExact(declaration.indexes ?? []),
    lookups: [...(declaration.unique ?? []), ...lookups],
    shards: declaration.shards ?? 1,
    operations: declaration.operations ?? operations,
    powers: declaration.powers ?? {},
    errors: declaration.errors ?? {},
    collectionPath,
    param: declaration.param ?? key,
    itemPath: `${collectionPath}/{${declaration.param ?? key}}`,
    item: once(() =>
      z
        .strictObject({ ...names(), ...withStoredKey(fields, key), ...readOnly, ...times() })
        .meta({ id: pascalCase(singular) }),
    ),
    values: once(() => z.strictObject({ ...withStoredKey(fields, key) }).check(keepable())),
    bodies: {
      create: once(
        bodies?.create ??
          (() => named(z.strictObject({ ...fields }).check(keepable()), `${singular}Create`)),
      ),
      replace: once(() =>
        named(replaceBody(withStoredKey(fields, key), ignored(), key), `${singular}Replace`),
      ),
      patch: once(
        bodies?.patch ??
          (() => named(patchBody(withStoredKey(fields, key), ignored()), `${singular}Patch`)),
      ),
    },
  }
  return { ...whole, routes: operationRoutes(whole), ownRoutes: ownRoutes(whole) }
}

/**
 * A resource as the code that serves all of them sees it. Functions that take an item with its own
 * fields make the types differ, and nothing tells the compiler to forget that.
 */
export function anyResource<
  Declared extends Fields,
  ReadOnly extends Fields,
  Own extends OwnRoutes,
>(resource: Resource<Declared, ReadOnly, Own>): Resource {
  return resource as unknown as Resource
}

/** Fields of an item that is stored: its key stays as it is, though new ones must be shorter. */
function withStoredKey<Declared extends Fields>(fields: Declared, key: string): Declared {
  const chosen = fields[key]
  return chosen ? { ...fields, [key]: storedKey(chosen) } : fields
}

/** A PUT may repeat what it cannot change; the key may be left out, as the path has it. */
function replaceBody(fields: Fields, readOnly: Fields, key: string): z.ZodType {
  const keyed = fields[key] ? { [key]: fields[key].optional() } : {}
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
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault)
    return patchField(field.unwrap() as z.ZodType).nullable()
  if (!(field instanceof z.ZodObject)) return field
  const patch = z.object(patchShape(field.shape))
  return field.def.catchall ? patch.catchall(field.def.catchall as z.ZodType) : patch
}

/** An object in which these members are ignored, whatever they hold. */
function ignoring(names: readonly string[], shape: Record<string, z.ZodType>): z.ZodType {
  const ignored = Object.fromEntries(names.map((name) => [name, ignoredField()]))
  return z
    .strictObject({ ...shape, ...ignored })
    .check(keepable(names))
    .transform((body) => withoutKeys(body, names))
}

function ignoredField(): z.ZodType {
  return z.unknown().optional().describe('Read-only: ignored, whatever it holds.')
}

function withoutKeys(body: Record<string, unknown>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}

function named(schema: z.ZodType, name: string): z.ZodType {
  return schema.meta({ id: pascalCase(name) })
}
