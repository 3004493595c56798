import * as z from 'zod'
import type { FactorsRecord } from '../accounts/factor-transfer.ts'
import { maxFactors } from '../accounts/limits.ts'
import { users } from '../accounts/users.ts'
import { storedHash } from '../auth/passwords/passwords.ts'
import type { Resource } from '../model/declaration.ts'
import { id, line, time } from '../model/fields.ts'
import { keepable } from '../model/keepable.ts'
import { ownerName } from '../model/parents.ts'
import { roles } from '../model/scopes.ts'
import { resources } from '../routes/registry.ts'
import type { Attributes } from '../store/attributes.ts'

/** The version of the format that docs/export.md describes. */
export const formatVersion = 1

/** What an export says of one item: what clients see of it and, for a user, the hash. */
export interface TransferRecord extends FactorsRecord {
  readonly item: Readonly<Record<string, unknown>>
  readonly hash?: string | undefined
  /** In the place of the hash: the password admits nobody until it is set. */
  readonly withoutPassword?: true | undefined
  /** A user who owes a second factor. */
  readonly factor?: true | undefined
  /**
   * For an item as it is stored: the number of upgrades that it no longer needs; absent, it is 0.
   */
  readonly version?: number | undefined
}

/** The names of all resources, each parent before what lies under it. */
export const transferOrder: readonly string[] = resources
  .toSorted((left, right) => depth(left) - depth(right))
  .map(({ name }) => name)

function depth({ parent }: Resource): number {
  const above = parent && resources.find(({ name }) => name === parent.name)
  return above ? 1 + depth(above) : 0
}

export const resourceName = z.enum(transferOrder)

/** @throws Error for a name that no resource has */
export function resourceNamed(name: string): Resource {
  const found = resources.find((resource) => resource.name === name)
  if (!found) throw new Error(`There is no resource ${name}`)
  return found
}

/** What a record of a resource must be. Users of other systems need no more than name and hash. */
export function recordSchema(resource: Resource): z.ZodType<TransferRecord> {
  const item = timesOf(resource.item())
  if (resource !== users) return z.strictObject({ item }).check(keepable())
  const given = item.safeExtend({ role: line(1, 100) }).partial({
    id: true,
    role: true,
    disabled: true,
    createdAt: true,
    updatedAt: true,
  })
  return z
    .strictObject({
      item: given,
      hash: storedHash().optional(),
      withoutPassword: z.literal(true).optional(),
      factor: z.literal(true).optional(),
      factors: z.array(factor()).max(maxFactors).optional(),
      recoveryCodes: recoveryCodes().optional(),
    })
    .check(({ value, issues }) => {
      for (const [name, message] of [...timeFaults(value.item), ...roleFaults(value.item)])
        issues.push({ code: 'custom', input: value, path: ['item', name], message })
      if ((value.hash === undefined) !== (value.withoutPassword === undefined)) return
      const message =
        value.hash === undefined ? 'is required' : 'must not be given together with the hash'
      const path = [value.hash === undefined ? 'hash' : 'withoutPassword']
      issues.push({ code: 'custom', input: value, path, message })
    })
}

const factor = () =>
  z.strictObject({
    id: id(),
    secret: z.string().regex(/^[A-Z2-7]{32}$/, 'must be 160 bits in Base32'),
    createdAt: time(),
    confirmedAt: z.int().min(0).optional(),
    lastUsedAt: time().optional(),
    lastStep: z.int().min(0),
  })

const recoveryCodes = () =>
  z.strictObject({
    keyId: z.string().max(100),
    macs: z.array(z.string().regex(/^[\w-]{43}$/, 'must be an HMAC')).max(10),
    madeAt: z.int().min(0),
  })

/** What a record of an item as it is stored must be: what the store itself needs, and no more. */
export function asIsSchema(resource: Resource): z.ZodType<TransferRecord> {
  const { shape } = timesOf(resource.item())
  const { parent, owner, key } = resource
  const names = [key, 'createdAt', 'updatedAt', ...(parent ? [parent.param] : [])]
  const asked = Object.fromEntries(
    names.map((name) => [name, (shape[name] as z.ZodType | undefined) ?? id()]),
  )
  const isPublic = (item: object) => !Object.keys(item).some((name) => name.startsWith('_'))
  // What was stored before its resource had owners has none.
  const holder = owner && !parent && { [ownerName]: id().optional() }
  const item = z
    .looseObject({ ...asked, ...holder })
    .refine(isPublic, 'has names that begin with _')
  return z.strictObject({ item, version: z.int().min(0).max(999).optional() })
}

/** A role of an export may be declared no longer: as in the stack that it is from, it gives nothing. */
function roleFaults({ id, role }: Attributes): [name: string, fault: string][] {
  if (id !== undefined || role === undefined || roles.some((declared) => declared === role))
    return []
  return [['role', `must be one of ${roles.join(', ')}`]]
}

const day = 24 * 60 * 60 * 1000

/**
 * The faults of times that cannot be. A user with an id may come from an export, whose times are
 * taken whatever clock they are from: nothing that was exported is refused.
 */
function timeFaults({ id, createdAt, updatedAt }: Attributes): [name: string, fault: string][] {
  if (id !== undefined) return []
  const [created, updated] = [createdAt, updatedAt].map((time) => Date.parse(String(time)))
  const latest = Date.now() + day
  const rules: [wrong: boolean, name: string, fault: string][] = [
    [Number(created) > latest, 'createdAt', 'must not be in the future'],
    [Number(updated) > latest, 'updatedAt', 'must not be in the future'],
    [Number(updated) < Number(created), 'updatedAt', 'must not be before createdAt'],
    [updatedAt !== undefined && createdAt === undefined, 'createdAt', 'is required with updatedAt'],
  ]
  return rules.flatMap(([wrong, name, fault]) => (wrong ? [[name, fault]] : []))
}

/**
 * Times that are written here are never changed again. Ids begin with the milliseconds since 1970.
 */
function timesOf(item: z.ZodObject): z.ZodObject {
  const isDate = (time: unknown) => Date.parse(String(time)) >= 0
  const times = ['createdAt', 'updatedAt'].map((name) => [
    name,
    (item.shape[name] as z.ZodType).refine(isDate, 'must be a date since 1970'),
  ])
  return item.safeExtend(Object.fromEntries(times))
}
