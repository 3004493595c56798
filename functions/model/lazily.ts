/** What makes the members of an object. */
export type Makers<Made> = { readonly [Name in keyof Made]: () => NonNullable<Made[Name]> }

/**
 * Adds members that are made when they are first read, once. A function that starts needs few of
 * the schemas of its routes, and those of the documentation never.
 */
export function lazily<Target extends object, Made extends object>(
  target: Target,
  makers: Makers<Made>,
): Target & Made {
  for (const name of Object.keys(makers) as (keyof Made & string)[])
    Object.defineProperty(target, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = makers[name]?.()
        Object.defineProperty(target, name, { enumerable: true, value })
        return value
      },
    })
  return target as Target & Made
}
