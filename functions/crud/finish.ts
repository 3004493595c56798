import type { Principal } from '../http/principal.ts'
import type { Fields, Resource } from '../model/declaration.ts'
import { type Attributes, withoutUndefined } from '../store/attributes.ts'
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

/**
 * The item as it is written: what the hook and the computed fields make of it, with what is not
 * theirs to change put back, checked against the declaration once more.
 * @param fixed id, key, owner, parent and times
 * @throws Error for what does not fit, so that nothing is written and the cause is logged
 */
export async function finished(
  resource: Resource,
  fields: Attributes,
  fixed: Attributes,
  beforeWrite: BeforeWrite | undefined,
  writing: Writing,
): Promise<Attributes> {
  const { compute } = resource
  if (!beforeWrite && !compute) return { ...fields, ...fixed }
  const draft = { ...fields, ...fixed }
  const hooked = beforeWrite ? await asked(beforeWrite, draft, writing) : draft
  const whole = { ...hooked, ...compute?.({ ...hooked, ...fixed }), ...fixed }
  const { success, data, error } = resource.item().safeParse(withoutUndefined(whole))
  if (!success)
    throw new Error(
      `The ${resource.singular} to be written does not fit its declaration: ${error.message}`,
    )
  return data
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
