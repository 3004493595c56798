/** Sets an entry of a map that holds at most so many; the oldest gives way. Returns the value. */
export function setBounded<Key, Value>(
  map: Map<Key, Value>,
  max: number,
  key: Key,
  value: Value,
): Value {
  const [oldest] = map.size >= max ? map.keys() : []
  if (oldest !== undefined) map.delete(oldest)
  map.set(key, value)
  return value
}
