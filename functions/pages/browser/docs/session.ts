import { type ApiError, post } from '../api.ts'

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly scope: string
}

export interface Session {
  /** Whose it is. */
  readonly name: string
  readonly token: string
  /** Absent where somebody brought a token or a key. */
  readonly refreshToken?: string | undefined
  /** What it may do, as far as that is known. */
  readonly scopes?: readonly string[] | undefined
  /** The user has a second factor: it alone proves who they are. */
  readonly factor?: boolean
}

/**
 * Kept in memory, so that it goes with the page. The cookie of the API is not for this page: it may
 * hold the session of an app of the same site.
 */
let current: Session | undefined

const listeners: (() => void)[] = []

export function session(): Session | undefined {
  return current
}

export function onSession(listener: () => void): void {
  listeners.push(listener)
}

export function begin(session: Session | undefined): void {
  current = session
  for (const listener of listeners) listener()
}

export async function signUp(username: string, password: string): Promise<void> {
  await post('/signup', { username, password })
}

/** @returns the challenge, where a second factor is asked for */
export async function signIn(username: string, password: string): Promise<string | undefined> {
  try {
    beginWith(username, await post<Tokens>('/login', { username, password }), false)
    return undefined
  } catch (error) {
    const { code, challenge } = (error as ApiError).problem ?? {}
    if (code === 'second_factor_required') return challenge
    throw error
  }
}

export async function answerChallenge(
  username: string,
  challenge: string,
  code: string,
): Promise<void> {
  beginWith(username, await post<Tokens>('/login/factor', { challenge, ...proof(code) }), true)
}

/** Makes the session fresh. @param secret the password, or a code of the user's second factor */
export async function reauthenticate(secret: string): Promise<void> {
  await post(
    '/reauthenticate',
    current?.factor ? proof(secret) : { password: secret },
    current?.token,
  )
}

export async function signOut(): Promise<void> {
  const token = current?.token
  begin(undefined)
  // Whoever is signed out already is out.
  await post('/logout', undefined, token).catch(() => undefined)
}

/** Calls with the session's token, and once more with a new one where that has expired. */
export async function send(url: string, init: RequestInit, authorized: boolean): Promise<Response> {
  if (!authorized || !current) return fetch(url, init)
  const { token } = current
  const response = await fetch(url, withToken(init, token))
  if (response.status !== 401 || !(await refreshed(token))) return response
  return fetch(url, withToken(init, current.token))
}

function withToken(init: RequestInit, token: string): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('Authorization', `Bearer ${token}`)
  return { ...init, headers }
}

/** @returns whether there is now a token other than the one that was refused */
async function refreshed(refused: string): Promise<boolean> {
  if (!current || current.token !== refused) return current !== undefined
  if (!current.refreshToken) return false
  const { name, factor = false, refreshToken } = current
  try {
    beginWith(name, await post<Tokens>('/refresh', { refresh_token: refreshToken }), factor)
    return true
  } catch (error) {
    if ((error as ApiError).problem.code === 'invalid_grant') begin(undefined)
    return false
  }
}

function beginWith(name: string, tokens: Tokens, factor: boolean): void {
  const { access_token: token, refresh_token: refreshToken, scope } = tokens
  begin({ name, token, refreshToken, scopes: scope.split(' '), factor })
}

/** Six digits are an app's code; anything else is a recovery code. */
function proof(code: string) {
  const compact = code.replace(/\s/g, '')
  return /^\d{6}$/.test(compact) ? { code: compact } : { recoveryCode: compact }
}
