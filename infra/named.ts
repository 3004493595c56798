/** The part of the stack that has this name. */
export function named<Part>(parts: ReadonlyMap<string, Part>, name: string): Part {
  const part = parts.get(name)
  if (!part) throw new Error(`The stack has no ${name}`)
  return part
}
