import { randomUUIDv7 } from 'node:crypto'
import type { Role } from '../model/scopes.ts'
import { retryOnConflict } from '../store/dynamodb.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { sessionEnd } from './session-tokens.ts'
import { type Session, startSession } from './sessions.ts'

/** Where a session is begun from. */
export interface Device {
  readonly address: string
  readonly userAgent: string
}

/** Somebody who has proved who they are. */
export interface SignIn {
  /** As they were when the proof was verified. */
  readonly credentials: Credentials
  readonly device: Device
  /** The refresh token is to be in a cookie alone. */
  readonly cookie?: boolean
  /** The scopes of the session, of those that the role has. @throws Problem for what it has not */
  readonly grant: (role: Role) => string
  /** Verifies the proof once more, as the credentials have changed. @throws Problem */
  readonly verify: (current: Credentials | undefined) => Promise<Credentials>
}

/**
 * The one door into a session, whatever the proof was: it begins with what the user may do at that
 * moment, and not at all when the user was disabled or the proof has become void meanwhile.
 */
export async function beginSession(
  signIn: SignIn,
): Promise<{ session: Session; credentials: Credentials }> {
  let { credentials } = signIn
  return retryOnConflict(async () => {
    const session = newSession(signIn, credentials)
    if (await startSession(credentials, session)) return { session, credentials }
    const current = await readCredentials(credentials.username)
    const same = current?.hash === credentials.hash && !current.disabled
    credentials = same ? current : await signIn.verify(current)
    return undefined
  })
}

function newSession({ device, grant, cookie }: SignIn, { userId, role }: Credentials): Session {
  const now = Date.now()
  return {
    userId,
    sessionId: randomUUIDv7(),
    generation: 0,
    authTime: Math.floor(now / 1000),
    scope: grant(role),
    role,
    userAgent: shownUserAgent(device),
    ip: device.address,
    ...(cookie && { cookie: true as const }),
    createdAt: new Date(now).toISOString(),
    ...sessionEnd(now, now),
  }
}

/** What of a user agent is kept. */
export function shownUserAgent({ userAgent }: Pick<Device, 'userAgent'>): string {
  return userAgent.slice(0, 256).toWellFormed()
}
