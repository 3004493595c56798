import * as z from 'zod'
import { id, slugPattern, time } from './fields.ts'
import { lazily } from './lazily.ts'
import {
  capitalized,
  type Operation,
  type OperationRoute,
  operationRoutes,
  operations,
} from './operations.ts'
import type { ProblemCode } from './problems.ts'
import type { Power } from './scopes.ts'

type Shape = Readonly<Record<string, z.ZodType>>

/** What is written to declare a resource. */
export interface Declaration {
  /** Plural, lower case: names the table, the scopes, the function and, by default, the path. */
  readonly name: string
  readonly singular: string
  /** The fields that clients write. */
  readonly fields: Shape
  /** The scopes that members have; admins have all. Nothing is granted by default. */
  readonly member: readonly ('read' | 'write')[]
  /** The slug that is an item's address, where clients choose it; else an id is generated. */
  readonly key?: string
  /** The path parameter of an item, where it is not the key; one that is a parent must name it. */
  readonly param?: string
  /** Who owns the items: the path becomes `/users/{userId}/posts`. */
  readonly parent?: Parent
  /** Fields whose value only one item (of a parent) may have; e-mail addresses in any case. */
  readonly unique?: readonly string[]
  /** Fields that a list can be filtered by, each with an index of its own. */
  readonly filters?: readonly string[]
  /** Partitions of the list index: one holds 1,000 writes a second. */
  readonly shards?: number
  readonly operations?: readonly Operation[]
  /** Powers that differ from read for GET and write for the rest. */
  readonly powers?: Partial<Record<Operation, Power>>
  /** Errors beside those that the operations of every resource have. */
  readonly problems?: Partial<Record<Operation, readonly ProblemCode[]>>
  /** Request bodies that differ from the fields. */
  readonly bodies?: { readonly create?: z.ZodType; readonly patch?: z.ZodType }
}

/** Only users own items: the owner is whose id the access token has. */
export interface Parent {
  readonly name: 'users'
  readonly singular: string
  /** The path parameter, and the attribute of the items, that names the parent. */
  readonly param: string
}

/** A declaration with all that follows from it. */
export interface Resource extends Required<Omit<Declaration, 'parent' | 'bodies' | 'key'>> {
  readonly key: string
  /** True when clients choose the key. */
  readonly naturalKey: boolean
  readonly parent: Parent | undefined
  readonly collectionPath: string
  readonly itemPath: string
  readonly item: z.ZodObject
  readonly bodies: {
    readonly create: z.ZodType
    readonly replace: z.ZodType
    readonly patch: z.ZodType
  }
  readonly routes: readonly OperationRoute[]
}

/** Crosses a declaration with the operations: its routes, schemas, and what the store needs. */
export function resource(declaration: Declaration): Resource {
  const { name, singular, fields, parent } = declaration
  check(declaration)
  const key = declaration.key ?? 'id'
  const collectionPath = `${parent ? `/${parent.name}/{${parent.param}}` : ''}/${name}`
  const names = (): Shape => ({
    ...(declaration.key ? {} : { id: id() }),
    ...(parent && { [parent.param]: id() }),
  })
  const times = (): Shape => ({ createdAt: time(), updatedAt: time() })
  const bodies = lazily(
    {},
    {
      create: () =>
        declaration.bodies?.create ?? named(z.strictObject(fields), `${singular}Create`),
      replace: () =>
        named(
          replaceBody(fields, { ...names(), ...times() }, declaration.key),
          `${singular}Replace`,
        ),
      patch: () => declaration.bodies?.patch ?? named(patchBody(fields), `${singular}Patch`),
    },
  )
  const settled = {
    ...declaration,
    key,
    naturalKey: declaration.key !== undefined,
    parent,
    unique: declaration.unique ?? [],
    filters: declaration.filters ?? [],
    shards: declaration.shards ?? 1,
    operations: declaration.operations ?? operations,
    powers: declaration.powers ?? {},
    problems: declaration.problems ?? {},
    collectionPath,
    param: declaration.param ?? key,
    itemPath: `${collectionPath}/{${declaration.param ?? key}}`,
    bodies,
  }
  const complete = lazily(settled, {
    item: () =>
      z.strictObject({ ...names(), ...fields, ...times() }).meta({ id: capitalized(singular) }),
  })
  return Object.assign(complete, { routes: operationRoutes(complete) })
}

/**
 * Names that begin with `_` are the store's; the read-only ones are given by Portcullis.
 * @throws Error for a declaration whose items could not be stored or found
 */
function check({ name, fields, parent, key, unique = [], filters = [] }: Declaration): void {
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

/** A PUT may repeat what it cannot change; the key may be left out, as the path has it. */
function replaceBody(fields: Shape, readOnly: Shape, key: string | undefined): z.ZodType {
  const ignored = Object.keys(readOnly).map((name) => [name, z.unknown().optional()])
  const keyed = key && fields[key] ? { [key]: fields[key].optional() } : {}
  return z
    .strictObject({ ...fields, ...keyed, ...Object.fromEntries(ignored) })
    .transform((body) => withoutKeys(body, Object.keys(readOnly)))
}

/** JSON Merge Patch (RFC 7396): every field may be left out; null removes an optional one. */
function patchBody(fields: Shape): z.ZodType {
  const patch = Object.entries(fields).map(([name, field]) => [
    name,
    field instanceof z.ZodOptional ? field.nullable() : field.optional(),
  ])
  return z.strictObject(Object.fromEntries(patch))
}

function withoutKeys(body: Record<string, unknown>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}

function named(schema: z.ZodType, name: string): z.ZodType {
  return schema.meta({ id: capitalized(name) })
}
