/** An item, or a part of one, as a plain object. */
export type Attributes = Record<string, unknown>
