import { isDeepStrictEqual } from 'node:util'
import type * as z from 'zod'
import type { Principal } from '../http/principal.ts'
import type { Fields, Resource } from '../model/declaration.ts'
import { faultInWords, invalid } from '../model/problems.ts'
import { faults } from '../model/validation.ts'
import { type Attributes, withoutUndefined } from '../store/attributes.ts'
import { itemSchema } from '../store/declared.ts'
import { ownAnswer } from '../store/failures.ts'
import type { Item } from '../store/items.ts'

/** What a hook is told beside the item that is about to be written. */
export interface Writing<Declared extends Fields = Fields> {
  /** The item as it is; undefined for a new one. */
  readonly before: Item<Declared> | undefined
  /** Who writes; a frozen copy. */
  readonly caller: Principal | undefined
}

/** Changes an item before it is written, or throws a Problem; it may be asked more than once. */
export type BeforeWrite<Declared extends Fields = Fields> = (
  item: Item<Declared>,
  writing: Writing<Declared>,
) => Attributes | Promise<Attributes>

/** What a write begins with. */
export interface Draft {
  /** Those that clients write have been checked, unless a handler has made them. */
  readonly fields: Attributes
  /** Id, key, owner, parent and times. */
  readonly fixed: Attributes
  /** A handler of a route of one's own has made the fields. */
  readonly handled?: boolean | undefined
}

/**
 * The item as it is written: what the hook and the computed fields make of it, with what is not
 * theirs to change put back, checked against the declaration once more.
 * @throws Error for what own code made that does not fit, so that nothing is written and the cause
 *   is logged; Problem 422 for what does not fit as it was stored
 */
export async function finished(
  resource: Resource,
  { fields, fixed, handled = false }: Draft,
  beforeWrite: BeforeWrite | undefined,
  writing: Writing,
): Promise<Attributes> {
  const { compute } = resource
  const { before } = writing
  const draft = { ...fields, ...fixed }
  if (!beforeWrite && !compute && !handled) return draft
  // Hooks and computed fields are made of fields that fit, as after a PATCH.
  if (handled) validated(resource, resource.values(), written(resource, draft), before)
  const hooked = beforeWrite ? await asked(beforeWrite, draft, writing) : draft
  const computed = compute?.({ ...hooked, ...fixed })
  const whole = { ...hooked, ...computed, ...fixed }
  return validated(resource, itemSchema(resource, fixed), withoutUndefined(whole), before, computed)
}

/** The fields that clients write. */
function written({ fields }: Resource, item: Attributes): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([name]) => name in fields))
}

/**
 * An item that fits its declaration. Bounds may have been tightened since it was stored: a field
 * that is still as it was is the client's to fix.
 */
function validated(
  resource: Resource,
  schema: z.ZodObject,
  item: Attributes,
  before: Item | undefined,
  computed: Attributes = {},
): Attributes {
  const { success, data, error } = schema.safeParse(item)
  if (success) return data
  const found = faults(error.issues)
  const isStored = (name: string) =>
    before && !(name in computed) && isDeepStrictEqual(item[name], before[name])
  const kept = Object.keys(schema.shape).filter(isStored)
  const stored = found.filter(({ pointer }) => kept.includes(pointer.split('/')[1] ?? ''))
  if (stored.length > 0) throw invalid(...stored)
  const why = found.map(faultInWords).join('; ')
  throw new Error(`The ${resource.singular} to be written does not fit its declaration: ${why}`)
}

async function asked(
  beforeWrite: BeforeWrite,
  draft: Attributes,
  { before, caller }: Writing,
): Promise<Attributes> {
  const writing = {
    before: before && structuredClone(before),
    caller: frozen(caller),
  }
  return ownAnswer(beforeWrite(structuredClone(draft) as Item, writing))
}

/** A copy: what a product does with it changes nobody's rights. */
export function frozen(caller: Principal | undefined): Principal | undefined {
  return caller && Object.freeze({ ...caller, scopes: new Set(caller.scopes) })
}
