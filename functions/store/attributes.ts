import type { Fields, Values } from '../model/declaration.ts'

/** An item, or a part of one, as a plain object. */
export type Attributes = Record<string, unknown>

/** An item as clients see it. */
export type ShownItem<Declared extends Fields = Fields> = Attributes &
  Values<Declared> & {
    readonly createdAt: string
    readonly updatedAt: string
  }

/** An item as it is stored: its public fields and the store's own, which begin with `_`. */
export type Item<Declared extends Fields = Fields> = ShownItem<Declared> & { readonly _rev: string }

/** The members that there are: DynamoDB and JSON know no undefined ones. */
export function withoutUndefined(item: Attributes): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined))
}
