import type { Request } from '../http/request.ts'
import { logger } from './log.ts'

/** The events that operators watch; the names are stable. */
export type SecurityEvent =
  | 'login_succeeded'
  | 'login_failed'
  | 'refresh_token_reused'
  | 'session_ended'
  | 'signed_up'
  | 'user_created'
  | 'user_disabled'
  | 'user_enabled'
  | 'user_deleted'
  | 'role_changed'
  | 'password_changed'
  | 'sessions_ended'
  | 'key_rotated'
  | 'admin_created'

/** Whom an event concerns; never a token, password, hash, username or e-mail address. */
interface Subject {
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  /** The user who did it, where it is not the one it was done to. */
  readonly by?: string
  readonly role?: string
  /** Of sessions. */
  readonly count?: number
}

/** Logs a security event with who and from where. */
export function securityEvent(
  event: SecurityEvent,
  request: Pick<Request, 'address' | 'gateway'> | undefined,
  subject: Subject = {},
): void {
  logger.info('security', {
    event,
    ...subject,
    ...(request && { address: request.address, requestId: request.gateway.requestId }),
  })
}
