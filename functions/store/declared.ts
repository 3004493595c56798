import { hash } from 'node:crypto'
import * as z from 'zod'
import type { Fields, Resource } from '../model/declaration.ts'
import { id } from '../model/fields.ts'
import { ownerName } from '../model/parents.ts'
import { faultInWords, Problem } from '../model/problems.ts'
import { anyResource } from '../model/resource.ts'
import { faults } from '../model/validation.ts'
import { type Attributes, type Item, withoutUndefined } from './attributes.ts'
import { isNewer, upgradesOf } from './versions.ts'

/**
 * An item as the declaration of today has it, whenever it was stored: upgraded from the version of
 * its fields, with the defaults of fields that were not declared then. What is stored stays as it
 * is until the next write of the item, or until it is re-indexed. The store's own attributes stay
 * beside it as they are stored.
 * @throws Problem unavailable for an item that cannot be shown: what an upgrade makes of it, or
 *   newer code has made of it, does not fit the declaration
 */
export function asDeclared<Declared extends Fields>(
  resource: Resource<Declared>,
  stored: Item<Declared>,
): Item<Declared> {
  const plain = anyResource(resource)
  const [has, wants] = [upgradesOf(stored), resource.upgrade.length]
  if (has === wants) return completed(plain, stored) as Item<Declared>
  const item = completed(plain, has < wants ? upgraded(plain, stored, has) : stored)
  const fault = faultOf(plain, item)
  if (fault !== undefined)
    throw cannotBeShown(
      plain,
      stored,
      has < wants
        ? `what \`upgrade\` makes of it does not fit (${fault}): fix the function, and deploy`
        : `newer code has written it and it does not fit (${fault}): deploy the newer code again`,
    )
  return item as Item<Declared>
}

/** What does not fit the declaration, in words; undefined where all does. */
export function faultOf(resource: Resource, item: Attributes): string | undefined {
  const names = Object.keys(resource.item().shape)
  const shown = names.filter((name) => item[name] !== undefined)
  const { error } = itemSchema(resource, item).safeParse(
    Object.fromEntries(shown.map((name) => [name, item[name]])),
  )
  return error && faults(error.issues).map(faultInWords).join('; ')
}

/** What an item must be: one that was stored before its resource had owners has none. */
export function itemSchema({ owner, item }: Resource, { [ownerName]: has }: Attributes) {
  return owner && has === undefined ? item().extend({ [ownerName]: id().optional() }) : item()
}

/** @throws Problem unavailable for an item of newer code, which knows what this does not */
export function refuseNewer(resource: Resource, stored: Attributes): void {
  if (isNewer(resource, stored))
    throw cannotBeShown(
      resource,
      stored,
      'newer code has written it, and it is not overwritten: deploy the newer code again',
    )
}

function cannotBeShown(resource: Resource, stored: Attributes, why: string): Problem {
  const versions = `${upgradesOf(stored)}, and the declaration of ${resource.upgrade.length}`
  const cause = new Error(
    `${resource.singular} ${stored[resource.key]} is of version ${versions}: ${why}`,
  )
  return new Problem('unavailable', undefined, { cause, headers: { 'Retry-After': '60' } })
}

/** The names of what Portcullis gives, whatever an upgrade makes of it. */
function fixedNames({ key, parent }: Resource): string[] {
  return ['id', key, ownerName, 'createdAt', 'updatedAt', ...(parent ? [parent.param] : [])]
}

function upgraded(resource: Resource, stored: Attributes, has: number): Attributes {
  const entries = Object.entries(stored)
  const own = entries.filter(([name]) => name.startsWith('_'))
  const names = fixedNames(resource).filter(
    (name) => !(name in resource.fields) || name === resource.key,
  )
  const fixed = Object.fromEntries(names.map((name) => [name, stored[name]]))
  let fields: Attributes = structuredClone(
    Object.fromEntries(entries.filter(([name]) => !name.startsWith('_'))),
  )
  try {
    for (const upgrade of resource.upgrade.slice(has)) fields = { ...upgrade(fields), ...fixed }
    fields = { ...fields, ...resource.compute?.(fields), ...fixed }
  } catch (error) {
    throw cannotBeShown(resource, stored, `\`upgrade\` fails on it (${(error as Error).message})`)
  }
  return withoutUndefined({ ...fields, ...Object.fromEntries(own) })
}

/** With defaults and computed fields where they are missing. */
function completed(resource: Resource, item: Attributes): Attributes {
  return defaulted(resource.readOnly, computed(resource, defaulted(resource.fields, item)))
}

function computed(resource: Resource, item: Attributes): Attributes {
  const { compute, readOnly } = resource
  const lacks = (name: string) => item[name] === undefined
  if (!compute || !Object.keys(readOnly).some(lacks)) return item
  try {
    const made = Object.entries(compute(item)).filter(([name]) => lacks(name))
    return withoutUndefined({ ...item, ...Object.fromEntries(made) })
  } catch (error) {
    throw cannotBeShown(resource, item, `\`compute\` fails on it (${(error as Error).message})`)
  }
}

/** With the defaults of these fields where they are missing, at every depth. */
export function defaulted(fields: Fields, item: Attributes): Attributes {
  const missing = defaultsOf(fields).flatMap(([name, field]) => {
    const value = withDefaults(field, item[name])
    return value === item[name] ? [] : [[name, value] as const]
  })
  return missing.length > 0 ? { ...item, ...Object.fromEntries(missing) } : item
}

const known = new WeakMap<Fields, readonly (readonly [string, z.ZodType])[]>()

/** The fields that have a default somewhere. */
function defaultsOf(fields: Fields): readonly (readonly [string, z.ZodType])[] {
  const found = known.get(fields)
  if (found) return found
  const having = Object.entries(fields).filter(([, field]) => hasDefault(field))
  known.set(fields, having)
  return having
}

const shapes = new WeakMap<Resource, string>()

/** Differs between declarations that show the same stored item differently. */
export function shapeOf(resource: Resource): string {
  const found = shapes.get(resource)
  if (found !== undefined) return found
  const parts = [resource.upgrade.length, membersOf(resource.item())]
  const shape = hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 6)
  shapes.set(resource, shape)
  return shape
}

/** The names of members, in their order, and the defaults, at every depth. */
function membersOf(field: z.ZodType): unknown {
  if (field instanceof z.ZodDefault)
    return [field.parse(undefined), membersOf(field.unwrap() as z.ZodType)]
  if (field instanceof z.ZodOptional) return membersOf(field.unwrap() as z.ZodType)
  if (field instanceof z.ZodArray) return membersOf(field.element as z.ZodType)
  if (!(field instanceof z.ZodObject)) return null
  const members = Object.entries<z.ZodType>(field.shape)
  return members.map(([name, member]) => [name, membersOf(member)])
}

function hasDefault(field: z.ZodType): boolean {
  if (field instanceof z.ZodDefault) return true
  if (field instanceof z.ZodOptional) return hasDefault(field.unwrap() as z.ZodType)
  if (field instanceof z.ZodArray) return hasDefault(field.element as z.ZodType)
  return field instanceof z.ZodObject && Object.values<z.ZodType>(field.shape).some(hasDefault)
}

/** The value itself where nothing is missing. */
function withDefaults(field: z.ZodType, value: unknown): unknown {
  if (field instanceof z.ZodDefault && value === undefined) return field.parse(undefined)
  if (field instanceof z.ZodDefault || field instanceof z.ZodOptional)
    return withDefaults(field.unwrap() as z.ZodType, value)
  if (field instanceof z.ZodArray && Array.isArray(value)) {
    const elements = value.map((one) => withDefaults(field.element as z.ZodType, one))
    return elements.every((one, at) => one === value[at]) ? value : elements
  }
  if (!(field instanceof z.ZodObject) || typeof value !== 'object' || value === null) return value
  const given = value as Attributes
  const added = Object.entries<z.ZodType>(field.shape).flatMap(([name, inner]) => {
    const whole = withDefaults(inner, given[name])
    return whole === given[name] ? [] : [[name, whole]]
  })
  return added.length > 0 ? { ...given, ...Object.fromEntries(added) } : value
}
