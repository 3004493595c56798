import { randomUUIDv7 } from 'node:crypto'
import { keyRing } from '../auth/keys/key-ring.ts'
import { Problem } from '../model/problems.ts'
import type { Role } from '../model/scopes.ts'
import { retryOnConflict, type Step } from '../store/dynamodb.ts'
import { type Challenge, challengeSeconds, sealChallenge, useChallenge } from './challenges.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { readFactors } from './factor-rows.ts'
import { notice } from './notices.ts'
import { type Proof, proofSteps } from './prove-factor.ts'
import { sessionEnd } from './session-tokens.ts'
import { type Session, startSession } from './sessions.ts'

/** Where a session is begun, or refreshed, from. */
export interface ClientPlace {
  readonly address: string
  readonly userAgent: string
}

/** Somebody who has proved who they are. */
interface SignIn {
  /** As they were when the proof was verified. */
  readonly credentials: Credentials
  readonly client: ClientPlace
  /** What the session is to begin with. */
  readonly asked: Pick<Challenge, 'scope' | 'cookie'>
  /** The scopes of the session, out of those that the role has. @throws Problem for any other */
  readonly grant: (role: Role) => string
  /** Verifies the proof once more, as the credentials have changed. @throws Problem */
  readonly verify: (current: Credentials | undefined) => Promise<Credentials>
  /** The second factor, with the challenge that asked for it. */
  readonly factor?: { readonly challenge: Challenge; readonly proof: Proof }
}

/**
 * The only way to begin a session, whatever the proof was; only this function decides whether a
 * second factor is required. A session begins with what the user may do at that moment, and not at
 * all when the user was disabled or a proof has become void meanwhile.
 * @throws Problem second_factor_required with a challenge, or invalid_code
 */
export async function beginSession(signIn: SignIn): Promise<Session> {
  let { credentials } = signIn
  return retryOnConflict(async () => {
    const proof = await secondFactor(signIn, credentials)
    const session = newSession(signIn, credentials)
    const failure = await startSession(credentials, session, proof)
    if (!failure) return session
    if (failure === 'spent') throw new Problem('invalid_code')
    const current = await readCredentials(credentials.username)
    const same = current?.hash === credentials.hash && !current.disabled
    credentials = same ? current : await signIn.verify(current)
    return undefined
  })
}

/** Whether a password alone is not enough. */
export function owesFactor({ factor }: Credentials): boolean {
  return factor === true
}

/** What uses the second factor up, in the transaction in which the session begins. */
async function secondFactor(
  { asked, factor }: SignIn,
  credentials: Credentials,
): Promise<readonly Step<'used' | 'spent'>[]> {
  if (!owesFactor(credentials) && !factor) return []
  const { userId, username } = credentials
  const found = await readFactors(userId)
  const revision = found.record?.revision ?? ''
  if (!factor)
    throw factorRequired({
      challenge: sealChallenge({ userId, username, revision, ...asked }, await keyRing()),
      expiresIn: challengeSeconds,
    })
  const { challenge, proof } = factor
  const steps =
    challenge.userId === userId && challenge.revision === revision
      ? await proofSteps(userId, found, proof)
      : undefined
  if (!steps) throw new Problem('invalid_code')
  const notices =
    proof.recoveryCode === undefined ? [] : notice(userId, credentials, 'recovery_code_used')
  return [useChallenge(challenge), ...steps, ...notices]
}

/** Says that a password is not enough, and what is asked for beside it. */
export function factorRequired(members: Readonly<Record<string, unknown>> = {}): Problem {
  return new Problem('second_factor_required', undefined, {
    members: { factors: ['totp'], ...members },
  })
}

function newSession({ client, grant, asked }: SignIn, { userId, role }: Credentials): Session {
  const now = Date.now()
  return {
    userId,
    sessionId: randomUUIDv7(),
    generation: 0,
    authTime: Math.floor(now / 1000),
    scope: grant(role),
    role,
    userAgent: shownUserAgent(client),
    ip: client.address,
    ...(asked.cookie && { cookie: true as const }),
    createdAt: new Date(now).toISOString(),
    ...sessionEnd(now, now),
  }
}

/** The part of a user agent that is kept. */
export function shownUserAgent({ userAgent }: Pick<ClientPlace, 'userAgent'>): string {
  return userAgent.slice(0, 256).toWellFormed()
}
