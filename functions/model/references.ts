import * as z from 'zod'
import type { Resource } from './declaration.ts'
import { type Reference, referenceOf } from './fields.ts'

/** A place in a body, and the resource whose item it names. */
export interface NamedItem {
  readonly pointer: string
  readonly to: Resource
  readonly key: string
}

/** The items of other resources that a value names, at every depth. */
export function namedIn(field: z.ZodType, value: unknown, pointer: string): NamedItem[] {
  if (value === undefined || value === null) return []
  const to = referenceOf(field)?.to
  if (to) return [{ pointer, to, key: String(value) }]
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault)
    return namedIn(field.unwrap() as z.ZodType, value, pointer)
  if (field instanceof z.ZodArray && Array.isArray(value))
    return value.flatMap((one, index) =>
      namedIn(field.element as z.ZodType, one, `${pointer}/${index}`),
    )
  if (field instanceof z.ZodObject)
    return Object.entries<z.ZodType>(field.shape).flatMap(([name, inner]) =>
      namedIn(inner, (value as Record<string, unknown>)[name], `${pointer}/${name}`),
    )
  return []
}

/** The resources that the fields of one lead to. */
export function referencesOf({ fields }: Pick<Resource, 'fields'>): Resource[] {
  return [
    ...new Set(
      Object.values(fields)
        .flatMap(references)
        .map(({ to }) => to),
    ),
  ]
}

/** The references in a field, at every depth. */
export function references(field: z.ZodType): Reference[] {
  const found = referenceOf(field)
  if (found) return [found]
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault)
    return references(field.unwrap() as z.ZodType)
  if (field instanceof z.ZodArray) return references(field.element as z.ZodType)
  if (field instanceof z.ZodObject) return Object.values<z.ZodType>(field.shape).flatMap(references)
  return []
}
