import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'

/**
 * A default stands for what is missing in stored items too, and tells lists how they lie: it must be
 * what the field would make of it, and the same each time.
 * @throws Error with what the field must have
 */
export function checkDefault(schema: z.ZodDefault): void {
  const value = schema.def.defaultValue
  const { success, data } = z.safeParse(schema.unwrap(), value)
  if (!success || !isDeepStrictEqual(data, value))
    throw new Error('must have a default that is a complete value of the field')
  for (let moment = 1; moment <= moments; moment++)
    if (!isDeepStrictEqual(madeAt(moment, schema), value))
      throw new Error(
        'must have a default that is the same each time: leave it out, and set in `beforeWrite` what depends on time or chance',
      )
}

/** Enough for every month, day of the week and hour to be among them. */
const moments = 24
/** 400 days and 13 hours, so that year, month, day and hour differ. */
const apart = (400 * 24 + 13) * 60 * 60 * 1000

/** The default as it would be made at another time, with other luck. */
function madeAt(moment: number, { def }: z.ZodDefault): unknown {
  const { Date: present } = globalThis
  const { random } = Math
  const now = present.now() + moment * apart
  globalThis.Date = new Proxy(present, {
    apply: (clock) => new clock(now).toString(),
    construct: (clock, given) => Reflect.construct(clock, given.length > 0 ? given : [now]),
    get: (clock, name) => (name === 'now' ? () => now : Reflect.get(clock, name)),
  })
  Math.random = () => moment / (moments + 1)
  try {
    return def.defaultValue
  } finally {
    globalThis.Date = present
    Math.random = random
  }
}
