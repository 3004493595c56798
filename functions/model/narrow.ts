import * as z from 'zod'
import { checksOf } from './zod-checks.ts'

/**
 * Has JSON Schema tell what is checked beside what a field of ours says of itself, which would hide
 * it: the stricter bound counts.
 */
export function narrow(schema: z.core.$ZodType, written: Record<string, unknown>): void {
  const checks = checksOf(schema)
  const least = checks.map(({ minimum, length }) => minimum ?? length ?? 0)
  const most = checks.map(({ maximum, length }) => maximum ?? length ?? Number.POSITIVE_INFINITY)
  for (const name of ['minLength', 'minItems'])
    if (typeof written[name] === 'number') written[name] = Math.max(written[name], ...least)
  for (const name of ['maxLength', 'maxItems'])
    if (typeof written[name] === 'number') written[name] = Math.min(written[name], ...most)
  const stated = z.globalRegistry.get(schema)?.pattern
  const [added] = checks.flatMap(({ pattern }) => pattern?.source ?? [])
  // Of several patterns zod writes all.
  if (stated !== undefined && added !== undefined && added !== stated)
    written.allOf ??= [{ pattern: added }]
}
