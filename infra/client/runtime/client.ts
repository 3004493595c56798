import {
  ApiError,
  type ApiPage,
  type ConditionalOptions,
  type CreateOptions,
  etagOf,
  remember,
} from './answers.ts'
import {
  type ApiOperations,
  type ApiProblem,
  type Login,
  type LoginFactor,
  type LoginTokens,
  operations,
  type ProblemCodes,
} from './api.ts'
import { exchange } from './exchange.ts'
import { type ClientOptions, sessionOf, userOf } from './session.ts'

type Without<Type, Key extends PropertyKey> = Type extends unknown ? Omit<Type, Key> : never
export type SecondFactor = Without<LoginFactor, 'challenge'>

export interface ApiSession {
  /** Signs in. `secondFactor` is asked for a code where the user has a second factor. */
  signIn(
    credentials: Login,
    secondFactor?: (
      asked: ApiProblem<ProblemCodes['login']>,
    ) => SecondFactor | Promise<SecondFactor>,
  ): Promise<LoginTokens>
  signOut(): Promise<void>
  /** Whether somebody is signed in, as far as is known; looks into the cookie or the storage. */
  signedIn(): Promise<boolean>
}

export interface ApiClient extends ApiOperations, ApiSession {}

interface Call {
  readonly method: string
  readonly letters: string
  readonly path: string
  readonly payload?: unknown
  readonly options: CreateOptions & ConditionalOptions
}

export function createClient(options: ClientOptions): ApiClient {
  const { cookie, retries = 4 } = options
  const session = sessionOf(options)

  async function run(call: Call): Promise<unknown> {
    const { letters, payload } = call
    if (typeof payload === 'function') return change(call, payload as (item: unknown) => unknown)
    const isPublic = letters.includes('p')
    const ends = letters.includes('e')
    const request = requestOf(call)
    // With the cookie, the gateway's refusal of an old token could not be read (CORS).
    if (!isPublic && ((cookie && ends) || !session.current())) await session.renew()
    for (let again = false; ; again = true) {
      const used = session.current()
      if (ends && !used) return undefined
      const bearer = used && !isPublic ? { Authorization: `Bearer ${used.access_token}` } : {}
      const headers = { ...request.init.headers, ...bearer } as Record<string, string>
      const { response, value } = await exchangeOf(call, { ...request.init, headers }, request.path)
      if (response.ok) {
        remember(value, response)
        return value
      }
      const error = new ApiError(value as ApiProblem)
      if (again || !used || error.code !== 'unauthorized') throw error
      if (session.current() === used) await session.renew()
      const next = session.current()
      if (ends && !next) return undefined
      // Nobody's request is repeated in the name of somebody who has signed in since.
      if (!next || next === used || userOf(next) !== userOf(used)) throw error
    }
  }

  /** The path with the query, and what does not change when the request is repeated. */
  function requestOf({ method, letters, path, payload, options: wanted }: Call) {
    const headers: Record<string, string> = {}
    if (wanted.ifMatch) headers['If-Match'] = wanted.ifMatch
    if (letters.includes('k'))
      headers['Idempotency-Key'] =
        wanted.idempotencyKey ?? crypto.getRandomValues(new Uint32Array(4)).join('-')
    const init: RequestInit = { method, headers }
    if (wanted.signal) init.signal = wanted.signal
    // An item that is to be changed is asked for anew, whatever the browser has of it.
    if (letters.includes('r')) init.cache = 'no-cache'
    if (payload === undefined) return { path, init }
    if (method === 'GET' || method === 'DELETE') {
      const given = Object.entries(payload as object).filter(([, value]) => value !== undefined)
      return { path: `${path}?${new URLSearchParams(given)}`, init }
    }
    headers['Content-Type'] = 'application/json'
    const body = cookie && letters.includes('s') ? { ...(payload as object), cookie } : payload
    return { path, init: { ...init, body: JSON.stringify(body) } }
  }

  async function exchangeOf(
    { method, letters, options: { ifMatch } }: Call,
    init: RequestInit,
    path: string,
  ) {
    // With a condition, repeating a write that was done would fail because of that very write.
    const repeatable = method === 'POST' ? letters.includes('k') : method !== 'PATCH' && !ifMatch
    const patience = { repeatable, seconds: 30 }
    if (!/[se]/.test(letters)) return exchange(options, path, init, patience)
    return session.alone(async () => {
      const exchanged = await exchange(options, path, session.withCookie(init), patience)
      const { response, value } = exchanged
      if (response.ok) await (value ? session.begin(value as LoginTokens) : session.end())
      return exchanged
    })
  }

  /**
   * Reads the item, makes the change, and writes it if the item is still the same; else once more,
   * unless the caller has said which it must be.
   */
  async function change(call: Call, make: (item: unknown) => unknown): Promise<unknown> {
    const { path } = call
    const { ifMatch: given, ...others } = call.options
    for (let tried = 0; ; tried += 1) {
      const item = (await run({ method: 'GET', letters: 'r', path, options: others })) as object
      const payload = await make(item)
      try {
        const ifMatch = given ?? etagOf(item)
        return await run({ ...call, payload, options: { ...others, ifMatch } })
      } catch (error) {
        const changed = error instanceof ApiError && error.code === 'precondition_failed'
        if (given || !changed || tried >= retries) throw error
      }
    }
  }

  /**
   * `POSTkb /students`. The letters: p public, k has an Idempotency-Key, b has a body or a query,
   * l is a list, s begins a session, e ends it.
   */
  function methodOf(operation: string): (...parameters: unknown[]) => unknown {
    const [, method = '', letters = '', template = ''] =
      /^([A-Z]+)([a-z]*) (.*)$/.exec(operation) ?? []
    return (...parameters) => {
      const path = template.replace(/\{\w+\}/g, () => segment(String(parameters.shift())))
      const payload = letters.includes('b') ? parameters.shift() : undefined
      const wanted = (parameters.shift() ?? {}) as Call['options']
      const call: Call = { method, letters, path, payload, options: wanted }
      const answer = run(call)
      const result = () =>
        answer.then(
          (value) => ({ ok: true, value }),
          (error) => {
            if (error instanceof ApiError) return { ok: false, problem: error.problem }
            throw error
          },
        )
      return Object.assign(answer, {
        result,
        ...(letters.includes('l') && { [Symbol.asyncIterator]: () => itemsOf(call, answer) }),
      })
    }
  }

  async function* itemsOf(call: Call, first: Promise<unknown>) {
    for (let answer = first; ; ) {
      const { items, nextCursor } = (await answer) as ApiPage<unknown>
      yield* items
      if (nextCursor === null) return
      const payload = { ...(call.payload as object), cursor: nextCursor }
      answer = run({ ...call, payload })
    }
  }

  const groups = Object.entries(operations).map(([group, methods]) => [
    group,
    Object.fromEntries(Object.entries(methods).map(([name, text]) => [name, methodOf(text)])),
  ])
  const { auth, ...others }: ApiOperations = Object.fromEntries(groups)
  return {
    ...others,
    auth,
    async signIn(credentials, secondFactor) {
      try {
        return await auth.login(credentials)
      } catch (error) {
        const { challenge } = error instanceof ApiError ? error.problem : {}
        if (!challenge || !secondFactor) throw error
        const proof = await secondFactor((error as ApiError<ProblemCodes['login']>).problem)
        return auth.loginFactor({ ...proof, challenge } as LoginFactor)
      }
    },
    signOut: () => auth.logout(),
    async signedIn() {
      if (!session.current()) await session.renew()
      return session.current() !== undefined
    },
  }
}

/** An empty segment, or one of dots, would make the path another one. */
function segment(value: string): string {
  if (/^\.{0,2}$/.test(value)) throw new TypeError(`"${value}" is no id`)
  return encodeURIComponent(value)
}
