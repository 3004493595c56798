import { covers } from '../model/covers.ts'
import { OAuthError } from '../model/oauth-error.ts'
import { parseScope } from '../model/scopes.ts'

const mediaType = /^application\/x-www-form-urlencoded[\t ]*(?:;|$)/i

/** The parameters that a route knows, as far as they were sent. */
export type Form = Readonly<Record<string, string | undefined>>

export function isForm(contentType: string): boolean {
  return mediaType.test(contentType)
}

/**
 * The parameters of a form that a route knows, as RFC 6749 section 3.2 says: others are ignored,
 * and one without a value is left out.
 * @throws OAuthError for a parameter that is given twice
 */
export function parseForm(text: string, known: readonly string[]): Record<string, string> {
  // A question mark at the beginning belongs to the first name; it would be left out.
  const sent = new URLSearchParams(`&${text}`)
  const parameters: Record<string, string> = {}
  for (const name of known) {
    const [value, ...others] = sent.getAll(name)
    if (others.length > 0) throw new OAuthError('invalid_request', `${name} occurs more than once.`)
    if (value) parameters[name] = value
  }
  return parameters
}

/** @throws OAuthError where the parameter is missing */
export function needed(parameters: Form, name: string): string {
  const value = parameters[name]
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing.`)
  return value
}

/**
 * The scopes that a request asks for, out of those that were granted; all of them where it asks for
 * none.
 * @throws OAuthError for one that was not granted
 */
export function narrowedScope(scope: string | undefined, granted: string): string {
  if (scope === undefined) return granted
  const asked = [...parseScope(scope)]
  const held = parseScope(granted)
  if (asked.length === 0 || !asked.every((name) => covers(held, name)))
    throw new OAuthError('invalid_scope', 'The scope must lie within that of the session.')
  return asked.join(' ')
}
