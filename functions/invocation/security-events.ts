import { count, publish } from './metrics.ts'

/** The events that operators watch; the names are stable. */
export type SecurityEvent =
  | 'signed_up'
  | 'signup_throttled'
  | 'login_succeeded'
  | 'login_failed'
  | 'login_throttled'
  | 'login_refused_scope'
  | 'factor_asked'
  | 'factor_failed'
  | 'factor_throttled'
  | 'factor_added'
  | 'factor_removed'
  | 'factors_reset'
  | 'recovery_code_used'
  | 'recovery_codes_made'
  | 'refresh_token_reused'
  | 'refresh_repeated_elsewhere'
  | 'session_ended'
  | 'sessions_ended'
  | 'reauthenticated'
  | 'reauthentication_refused'
  | 'reauthentication_throttled'
  | 'api_key_made'
  | 'api_key_ended'
  | 'api_keys_ended'
  | 'password_changed'
  | 'password_reset'
  | 'reset_requested'
  | 'reset_throttled'
  | 'email_change_requested'
  | 'email_verified'
  | 'change_undone'
  | 'password_refused'
  | 'password_throttled'
  | 'rename_throttled'
  | 'role_changed'
  | 'user_created'
  | 'user_renamed'
  | 'user_disabled'
  | 'user_enabled'
  | 'user_deleted'
  | 'admin_created'
  | 'key_rotated'
  | 'key_withdrawn'
  | 'data_exported'
  | 'data_imported'
  | 'factors_exported'

/** Whom an event concerns; never a token, password, hash, username or e-mail address. */
interface Subject {
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  /** The user who did it, where it is not the one it was done to; `operator` from outside the API. */
  readonly by?: string
  readonly role?: string
  /** How many sessions, or items of the resource. */
  readonly count?: number
  readonly resource?: string
  /** The budget that was used up. */
  readonly budget?: string
  /** The id of a key, or of an API key. */
  readonly key?: string
  /** The id of a second factor. */
  readonly factor?: string
}

/** Where an event came from: a request, or an invocation that is not one. */
export type Source =
  | { readonly address: string; readonly gateway: { readonly requestId: string } }
  | { readonly requestId: string }

/** Logs a security event with who and from where, and counts it as a metric of its name. */
export function securityEvent(event: SecurityEvent, source: Source, subject: Subject = {}): void {
  count(event, subject.count)
  const origin =
    'gateway' in source
      ? { address: source.address, requestId: source.gateway.requestId }
      : { requestId: source.requestId }
  publish('security', { event, ...subject, ...origin })
}
