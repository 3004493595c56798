import type * as z from 'zod'

/** What the checks of zod say of themselves: each kind a part of it, which the types do not tell. */
interface Check {
  readonly check?: string
  /** Of an `overwrite`. */
  readonly tx?: unknown
  readonly coerce?: boolean
  readonly format?: string
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly maximum?: number
  readonly length?: number
  readonly precision?: number | null
  readonly offset?: boolean
  readonly local?: boolean
}

/** What a schema checks; one of a format, such as `z.email()`, is its own first check. */
export function checksOf(schema: z.core.$ZodType): Check[] {
  return [schema, ...(schema._zod.def.checks ?? [])].map(({ _zod }) => _zod.def as Check)
}

/** Whether text has a format, as a field of ours says it or one of zod's, whatever narrows it. */
export function hasFormat(schema: z.ZodType, format: string): boolean {
  return (
    schema.meta()?.format === format || checksOf(schema).some((check) => check.format === format)
  )
}
