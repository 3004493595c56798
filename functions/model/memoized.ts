/**
 * Remembers what was made of each argument, for at most `max` of them; the oldest gives way. A
 * result that is `undefined` is not remembered.
 */
export function memoized<Argument, Result>(
  make: (argument: Argument) => Result,
  max: number,
): (argument: Argument) => Result {
  const cache = new Map<Argument, Result>()
  return (argument) => {
    const known = cache.get(argument)
    if (known !== undefined) return known
    const result = make(argument)
    remember(cache, max, argument, result)
    return result
  }
}

/** Adds an entry to a cache of at most `max`; the oldest gives way. */
export function remember<Key, Value>(
  cache: Map<Key, Value>,
  max: number,
  key: Key,
  value: Value,
): void {
  const [oldest] = cache.size >= max ? cache.keys() : []
  if (oldest !== undefined) cache.delete(oldest)
  cache.set(key, value)
}

/** Makes a value when it is first asked for, once: for schemas that a cold start does not need. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
