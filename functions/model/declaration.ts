import type * as z from 'zod'
import type { Index } from './indexes.ts'
import type { ProblemCode } from './problems.ts'
import type { Route } from './route.ts'
import type { Power, Role } from './scopes.ts'

/** The six operations that a resource is crossed with. */
export const operations = ['list', 'create', 'read', 'replace', 'patch', 'remove'] as const
export type Operation = (typeof operations)[number]

export interface OperationRoute extends Route {
  readonly operation: Operation
}

export type Fields = Readonly<Record<string, z.ZodType>>
export type FieldName<Declared extends Fields> = keyof Declared & string

type Attributes = Record<string, unknown>

/** The values of the fields, as an item has them. */
export type Values<Declared extends Fields> = {
  readonly [Name in keyof Declared]: z.output<Declared[Name]>
}

/** The powers of each role, and what everybody may do without a token. */
export type Grants = Partial<Record<Exclude<Role, 'admin'>, readonly Power[]>> & {
  readonly public?: readonly 'read'[]
}

/** What a function that is told of changes may do beside its own work. */
export interface ChangeReader {
  /** It has mails sent. */
  readonly mails?: true
}

/** The fields of an item as some version of the declaration had them. */
export type StoredFields = Readonly<Record<string, unknown>>

/** Makes the next version's fields from those of the one before: always the same from the same. */
export type Upgrade = (item: StoredFields) => object

/** A route of a resource's own, on one item or on the collection. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST'
  readonly on: 'item' | 'collection'
  /** After the path of the item or the collection: `/graduation`. */
  readonly path: `/${string}`
  readonly power: Power
  readonly summary: string
  readonly body?: () => z.ZodType
  /** What is answered; a route that changes its item answers with the item. */
  readonly answer?: () => z.ZodType
  readonly errors?: readonly ProblemCode[]
}

export type OwnRoutes = Readonly<Record<string, OwnRoute>>

/** What is written to declare a resource. */
export interface Declaration<
  Declared extends Fields = Fields,
  ReadOnly extends Fields = Fields,
  Own extends OwnRoutes = OwnRoutes,
> {
  /** Plural, in lower case, `order-items`: names the table, the scopes, the function and the path. */
  readonly name: string
  readonly singular: string
  /** The fields that clients write. */
  readonly fields: Declared
  /** Fields that are stored and answered, and that no request writes. */
  readonly readOnly?: ReadOnly
  /** Makes read-only fields from the others, with each write. */
  readonly compute?: (item: Values<Declared>) => Partial<Values<ReadOnly>>
  /**
   * From each version of the fields to the next; the version is their number. An upgrade that was
   * deployed stays as it is: items may have been stored before it.
   */
  readonly upgrade?: readonly Upgrade[]
  /**
   * Routes beside the operations, by their `operationId`, which no other route of the API has; the
   * function of the resource serves them.
   */
  readonly routes?: Own
  /** The functions that are told of each change, by their files: `onChange(books, …)`. */
  readonly onChange?: Readonly<Record<string, ChangeReader>>
  /** Who has which powers; admins have all. Nothing is granted by default. */
  readonly access?: Grants
  /** The slug that is an item's address, where clients choose it; else an id is generated. */
  readonly key?: FieldName<Declared>
  /** The path parameter of an item, where it is not the key; a parent must name it. */
  readonly param?: string
  /** What the items lie under, which has no parent and no `key`: `/shelves/{shelfId}/books`. */
  readonly parent?: Parent
  /** The items are their maker's: nobody else reads them (`private`), or others do too. */
  readonly owner?: 'private' | 'readable'
  /** Fields whose value only one item (of a parent) may have; e-mail addresses in any case. */
  readonly unique?: readonly FieldName<Declared>[]
  /** What lists can be filtered and sorted by, each an index of its own. */
  readonly indexes?: readonly Index<FieldName<Declared>>[]
  /** Partitions of the list index: one holds 1,000 writes a second. */
  readonly shards?: number
  readonly operations?: readonly Operation[]
  /** Powers that differ from read for GET and write for the rest. */
  readonly powers?: Partial<Record<Operation, Power>>
  /** Errors beside those that the operations of every resource have. */
  readonly errors?: Partial<Record<Operation, readonly ProblemCode[]>>
  /** Request bodies that differ from the fields. */
  readonly bodies?: { readonly create?: () => z.ZodType; readonly patch?: () => z.ZodType }
}

/**
 * What items lie under. A private resource's items lie under their owner too, though the path does
 * not say so: nobody else's key leads to them.
 */
export interface Parent extends Pick<Resource, 'name' | 'singular' | 'key' | 'owner'> {
  /** The path parameter, and the attribute of the items, that names the parent. */
  readonly param: string
  readonly access?: Resource['access']
}

/** A declaration with all that follows from it. Schemas are made when they are first needed. */
export interface Resource<
  Declared extends Fields = Fields,
  ReadOnly extends Fields = Fields,
  Own extends OwnRoutes = OwnRoutes,
> extends Required<
    Pick<Declaration, 'name' | 'singular' | 'param' | 'shards' | 'operations' | 'powers' | 'errors'>
  > {
  readonly fields: Declared
  readonly readOnly: ReadOnly
  readonly compute: ((item: Attributes) => Attributes) | undefined
  readonly upgrade: readonly Upgrade[]
  readonly onChange: Readonly<Record<string, ChangeReader>>
  /** The routes beside the operations, by what they do. */
  readonly own: Own
  readonly access: NonNullable<Declaration['access']>
  readonly unique: readonly string[]
  readonly indexes: readonly Index[]
  /** The fields by whose exact value one item is found: the unique ones first. */
  readonly lookups: readonly string[]
  readonly key: string
  /** True when clients choose the key. */
  readonly naturalKey: boolean
  readonly owner: 'private' | 'readable' | undefined
  /** What the path says that the items lie under. */
  readonly pathParent: Parent | undefined
  /** What the items lie under in the table: the users, for private ones. */
  readonly parent: Parent | undefined
  readonly collectionPath: string
  readonly itemPath: string
  /** The item as clients see it. */
  readonly item: () => z.ZodObject
  /** The values of the declared fields alone, all together. */
  readonly values: () => z.ZodObject
  readonly bodies: {
    readonly create: () => z.ZodType
    readonly replace: () => z.ZodType
    readonly patch: () => z.ZodType
  }
  /** Those of the operations. */
  readonly routes: readonly OperationRoute[]
  readonly ownRoutes: readonly Route[]
}
