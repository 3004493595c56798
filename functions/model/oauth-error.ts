import { Problem } from './problems.ts'

/** The errors of RFC 6749 section 5.2 that this API has. */
export const oauthErrors = [
  'invalid_request',
  'invalid_grant',
  'invalid_scope',
  'unsupported_grant_type',
] as const
type OAuthErrorCode = (typeof oauthErrors)[number]

/** A 400 that is answered as OAuth's clients expect it, in the place of problem details. */
export class OAuthError extends Problem {
  readonly error: OAuthErrorCode

  /** @param description in the characters that RFC 6749 section 5.2 allows: no quotes */
  constructor(error: OAuthErrorCode, description: string) {
    super('bad_request', description)
    this.name = 'OAuthError'
    this.error = error
  }
}
