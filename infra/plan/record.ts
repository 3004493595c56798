import { hash } from 'node:crypto'
import * as z from 'zod'
import { covers } from '../../functions/model/covers.ts'
import type { Resource } from '../../functions/model/declaration.ts'
import { narrow } from '../../functions/model/narrow.ts'
import { type Role, roles, rolesWithin } from '../../functions/model/scopes.ts'
import { indexKeys, keyNames } from '../../functions/store/layout.ts'

/** What a stack is made from, as far as stored data and access depend on it; plain JSON. */
export interface DeclarationRecord {
  readonly version: 1
  /** Absent in what an earlier version wrote. */
  readonly roles?: readonly string[]
  readonly resources: Readonly<Record<string, ResourceRecord>>
}

export type Json = Readonly<Record<string, unknown>>

export interface FieldRecord {
  /** As JSON Schema, without a default. */
  readonly schema: Json
  readonly presence: 'required' | 'optional' | 'default'
  readonly default?: unknown
}

export type FieldRecords = Readonly<Record<string, FieldRecord>>

/** The attributes that are the key of a table. */
export interface KeyRecord {
  readonly partition: string
  readonly sort?: string
}

export interface ResourceRecord {
  readonly keys: KeyRecord
  readonly parent?: string
  readonly owner?: 'private' | 'readable'
  /** Whom items belong to, directly or through what they lie under. */
  readonly seclusion: Seclusion
  readonly shards: number
  readonly fields: FieldRecords
  readonly readOnly: FieldRecords
  /** A print of `compute`; empty where nothing is computed. */
  readonly computed: string
  readonly unique: readonly string[]
  /** The names of the indexes that lists are answered by. */
  readonly indexes: readonly string[]
  /** What everybody may do, and what each role may do beside it. */
  readonly access: Readonly<Record<string, readonly string[]>>
  readonly onChange: readonly string[]
  /** How many functions lead from version to version. */
  readonly upgrades: number
}

export type Seclusion = 'private' | 'readable' | 'none'

export function recordOf(resources: readonly Resource[]): DeclarationRecord {
  const entries = resources.map((resource) => [resource.name, resourceRecord(resource)] as const)
  return { version: 1, roles, resources: Object.fromEntries(entries) }
}

function resourceRecord(resource: Resource): ResourceRecord {
  const { partition, sort } = keyNames(resource)
  const { owner, parent, shards, fields, readOnly, compute, unique, indexes, onChange, upgrade } =
    resource
  return {
    keys: { partition, ...(sort && { sort }) },
    ...(parent && { parent: parent.name }),
    ...(owner && { owner }),
    seclusion: owner ?? parent?.owner ?? 'none',
    shards,
    fields: fieldRecords(fields),
    readOnly: fieldRecords(readOnly),
    computed: compute ? printOf(String(compute)) : '',
    unique,
    indexes: indexes.map((index) => indexKeys(resource, index).name),
    access: accessRecord(resource),
    onChange: Object.keys(onChange),
    upgrades: upgrade.length,
  }
}

function fieldRecords(fields: Resource['fields']): FieldRecords {
  const entries = Object.entries(fields).map(([name, field]) => [name, fieldRecord(field)] as const)
  return Object.fromEntries(entries)
}

function fieldRecord(field: z.ZodType): FieldRecord {
  const written = z.toJSONSchema(field, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => narrow(zodSchema, jsonSchema),
  })
  const { $schema: _, default: value, ...schema } = shortened(written) as Json
  if (field instanceof z.ZodOptional) return { schema, presence: 'optional' }
  if (value !== undefined || field instanceof z.ZodDefault)
    return { schema, presence: 'default', default: value }
  return { schema, presence: 'required' }
}

/** Descriptions do not say what fits; of a long pattern it is enough to know whether it changed. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([name, member]) => !(typeof member === 'string' && /^(description|title)$/.test(name)),
  )
  return Object.fromEntries(
    entries.map(([name, member]) => [
      name,
      name === 'pattern' && typeof member === 'string' && member.length > 40
        ? printOf(member)
        : shortened(member),
    ]),
  )
}

function printOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 8)
}

function accessRecord(resource: Resource): ResourceRecord['access'] {
  const { access, name } = resource
  const doable = [
    ...resource.routes.map((route) => [route.operation, route.access] as const),
    ...resource.ownRoutes.map((route) => [route.operationId, route.access] as const),
  ]
  const open = doable.filter(([, needed]) => needed === 'public').map(([what]) => what)
  const ofRole = (role: Exclude<Role, 'admin'>): string[] => {
    const holders = [...rolesWithin(role), 'public'] as const
    const powers = holders.flatMap((holder) => (holder === 'admin' ? [] : (access[holder] ?? [])))
    const scopes = new Set(powers.map((power) => `${name}:${power}`))
    const may = doable.filter(([, needed]) => needed !== 'public' && covers(scopes, needed))
    // No operation needs `admin` by default: it opens the items of others.
    return [...may.map(([what]) => what), ...(powers.includes('admin') ? ['admin'] : [])]
  }
  const entries = roles
    .filter((role) => role !== 'admin')
    .map((role) => [role, ofRole(role)] as const)
  return Object.fromEntries([['public', open] as const, ...entries].filter(([, may]) => may.length))
}

/** What a stack that keeps no record is known by: what its template, or its tables, tell. */
export interface KnownResource
  extends Pick<ResourceRecord, 'keys' | 'indexes'>,
    Partial<Omit<ResourceRecord, 'keys' | 'indexes'>> {
  /** Whether it was read without a token, where that is all that is known of its access. */
  readonly isPublic?: boolean
}

export type KnownResources = Readonly<Record<string, KnownResource>>
