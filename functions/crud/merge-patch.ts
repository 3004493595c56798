import type { Resource } from '../model/declaration.ts'
import { invalid } from '../model/problems.ts'
import { faults } from '../model/validation.ts'
import type { Attributes } from '../store/attributes.ts'

/**
 * The fields of an item with a JSON Merge Patch applied.
 * @throws Problem 422 where they do not fit the declaration together
 */
export function merged(resource: Resource, item: Attributes, patch: Attributes): Attributes {
  const fields = Object.keys(resource.fields)
    .filter((field) => item[field] !== undefined)
    .map((field) => [field, item[field]])
  const parsed = resource.values().safeParse(mergePatch(Object.fromEntries(fields), patch))
  if (!parsed.success) throw invalid(...faults(parsed.error.issues))
  return parsed.data
}

/** `MergePatch` of RFC 7396 section 2. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Attributes = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name]
    else result[name] = mergePatch(result[name], value)
  return result
}

function isObject(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
