import { ApiError } from './answers.ts'
import type { ApiProblem, LoginTokens } from './api.ts'
import { exchange, type Sending } from './exchange.ts'

export interface Held {
  readonly access_token: string
  readonly refresh_token?: string | undefined
  /** When it was got, to tell the newest. */
  readonly at: number
}

/** Where a session is kept, if that is yours to decide. It is a secret. */
export interface SessionStorage {
  get(): string | null | Promise<string | null>
  set(session: string | null): unknown
}

export interface ClientOptions extends Sending {
  /** In browsers: the refresh token is in a cookie that no script can read. */
  readonly cookie?: boolean | undefined
  /** A place of yours for the session; by default it is in memory, and gone with the page. */
  readonly storage?: SessionStorage | undefined
  /** An API key: nobody signs in. */
  readonly apiKey?: string | undefined
  /** The session is over: signed out, or ended by somebody. */
  readonly onSignedOut?: (() => void) | undefined
}

/** As much of the Web Locks API as is used: the tabs of an origin have the same locks. */
interface Locks {
  request<Result>(name: string, run: () => Promise<Result>): Promise<Result>
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>
}

export function sessionOf(options: ClientOptions) {
  const { cookie, storage, apiKey, baseUrl, onSignedOut } = options
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {}
  const lockName = `session of ${baseUrl}`
  let current: Held | undefined = apiKey ? { access_token: apiKey, at: 0 } : undefined
  let renewing: Promise<void> | undefined
  let release: (() => void) | undefined

  /** One at a time among all who share the session. */
  function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return locks && (cookie || storage) ? locks.request(lockName, work) : work()
  }

  /** The session as those who share it have it; undefined where they know of none but ours. */
  async function shared(): Promise<Held | null | undefined> {
    if (storage) return JSON.parse((await storage.get()) ?? 'null')
    if (!cookie || !locks) return undefined
    let newest: Held | undefined
    for (const { name = '' } of (await locks.query()).held ?? []) {
      const [at, access_token = ''] = name.slice(lockName.length + 1).split(' ')
      if (name.startsWith(`${lockName} `) && Number(at) > (newest ?? current ?? { at: 0 }).at)
        newest = { access_token, at: Number(at) }
    }
    return newest?.access_token ? newest : undefined
  }

  /**
   * Tabs that share a cookie share, without storing anything, the names of the locks they hold:
   * the tab that got the newest access token, or signed out last, holds one that says so.
   */
  async function keep(held: Held | undefined): Promise<void> {
    current = held
    await storage?.set(held ? JSON.stringify(held) : null)
    const former = release
    if (cookie && locks)
      await new Promise<void>((granted, failed) => {
        const hold = () =>
          new Promise<void>((end) => {
            release = end
            granted()
          })
        const { at, access_token } = held ?? { at: Date.now(), access_token: '' }
        locks.request(`${lockName} ${at} ${access_token}`, hold).catch(failed)
      })
    former?.()
    if (!held) onSignedOut?.()
  }

  function begin({ access_token, refresh_token }: LoginTokens): Promise<void> {
    return keep({ access_token, refresh_token, at: Date.now() })
  }

  async function find(): Promise<void> {
    let stale = current
    const found = await shared()
    if (found !== undefined && found?.access_token !== stale?.access_token) {
      current = found ?? undefined
      if (!current) onSignedOut?.()
      if (!current || isFresh(current)) return
      stale = current
    }
    if (!cookie && !stale?.refresh_token) return
    const { response, value } = await exchange(
      options,
      '/auth/refresh',
      withCookie({
        method: 'POST',
        ...(!cookie && {
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ refresh_token: stale?.refresh_token }),
        }),
      }),
      // Its repetitions must come within the 30 seconds for which a used token still counts.
      { repeatable: true, seconds: 8 },
    )
    // Meanwhile somebody may have signed in or out.
    if (current !== stale) return
    if (response.ok) await begin(value as LoginTokens)
    else if (response.status !== 401) throw new ApiError(value as ApiProblem)
    else if (stale) await keep(undefined)
  }

  function withCookie(init: RequestInit): RequestInit {
    return cookie ? { ...init, credentials: 'include' } : init
  }

  return {
    current: () => current,
    alone,
    begin,
    end: () => keep(undefined),
    withCookie,
    /** Gets a new access token, or finds that there is none to be had: once for all who wait. */
    renew(): Promise<void> {
      renewing ??= alone(find).finally(() => {
        renewing = undefined
      })
      return renewing
    },
  }
}

/** Whose session it is. */
export function userOf(held: Held | undefined): string | undefined {
  return held && claimsOf(held).sub
}

/** Whether the token is good for a while: by the clock that says when it was got, not the API's. */
function isFresh(held: Held): boolean {
  const { iat = 0, exp = 0 } = claimsOf(held)
  return Date.now() < held.at + (exp - iat - 30) * 1000
}

/** A token is a JWT, or an API key, which has none. */
function claimsOf({ access_token }: Held): { sub?: string; iat?: number; exp?: number } {
  const [, claims = ''] = access_token.split('.')
  return claims ? JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/'))) : {}
}
