/** Matches `*` (any characters, slashes included) and `?` (one character), as IAM does. */
export function wildcard(pattern: string, ignoreCase = false): (text: string) => boolean {
  const flags = ignoreCase ? 'is' : 's'
  if (!/[*?]/.test(pattern) && !ignoreCase) return (text) => text === pattern
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  const expression = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags)
  return (text) => expression.test(text)
}
