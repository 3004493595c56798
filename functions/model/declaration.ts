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

/** The values of the fields, as an item has them. */
export type Values<Declared extends Fields> = {
  readonly [Name in keyof Declared]: z.output<Declared[Name]>
}

/** The powers of each role, and what everybody may do without a token. */
export type Grants = Partial<Record<Exclude<Role, 'admin'>, readonly Power[]>> & {
  readonly public?: readonly 'read'[]
}

/** What is written to declare a resource. */
export interface Declaration<Declared extends Fields = Fields> {
  /** Plural, lower case: names the table, the scopes, the function and, by default, the path. */
  readonly name: string
  readonly singular: string
  /** The fields that clients write. */
  readonly fields: Declared
  /** Who has which powers; admins have all. Nothing is granted by default. */
  readonly access?: Grants
  /** The slug that is an item's address, where clients choose it; else an id is generated. */
  readonly key?: FieldName<Declared>
  /** The path parameter of an item, where it is not the key; one that is a parent must name it. */
  readonly param?: string
  /** Who owns the items: the path becomes `/users/{userId}/posts`. */
  readonly parent?: Parent
  /** Fields whose value only one item (of a parent) may have; e-mail addresses in any case. */
  readonly unique?: readonly FieldName<Declared>[]
  /** What lists can be filtered and sorted by, each an index of its own. */
  readonly indexes?: readonly Index<FieldName<Declared>>[]
  /** Fields whose value only one item has, and that are looked up by means of the resource's own. */
  readonly lookups?: readonly FieldName<Declared>[]
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

/** Only users own items: the owner is whose id the access token has. */
export interface Parent {
  readonly name: 'users'
  readonly singular: string
  /** The path parameter, and the attribute of the items, that names the parent. */
  readonly param: string
}

/** A declaration with all that follows from it. Schemas are made when they are first needed. */
export interface Resource<Declared extends Fields = Fields>
  extends Required<
    Pick<Declaration, 'name' | 'singular' | 'param' | 'shards' | 'operations' | 'powers' | 'errors'>
  > {
  readonly fields: Declared
  readonly access: NonNullable<Declaration['access']>
  readonly unique: readonly string[]
  readonly indexes: readonly Index[]
  /** The fields by whose exact value one item is found: the unique ones first. */
  readonly lookups: readonly string[]
  readonly key: string
  /** True when clients choose the key. */
  readonly naturalKey: boolean
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
  readonly routes: readonly OperationRoute[]
}
