import { afterAll, beforeAll, inject } from 'vitest'
import { type Runner, type RunnerOptions, startRunner } from '../../infra/local/runner.ts'
import { slowness } from '../machine.ts'
import { checkDocumented } from './answers.ts'

/** An answer as the tests look at it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed JSON; undefined for an empty body. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into bodies of every shape
  readonly body: any
}

export interface Sent {
  readonly token?: string | undefined
  /** Sent as JSON, unless it is a string or bytes already. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Somebody who is signed in. */
export interface Person {
  readonly id: string
  readonly username: string
  readonly password: string
  readonly token: string
  readonly refreshToken: string
  readonly deviceToken: string
  readonly sessionId: string
}

export interface Api {
  readonly runner: Runner
  /** Every line that the functions and the platform logged. */
  readonly logs: string[]
  readonly admin: Person
  call(route: string, sent?: Sent): Promise<Answer>
  signUp(username?: string): Promise<Person>
  signIn(username: string, password: string, more?: Record<string, unknown>): Promise<Person>
  stop(): Promise<void>
}

export const password = 'correct horse battery'

let counter = 0

/** A name that no other test uses. */
export function unique(prefix = 'user'): string {
  counter += 1
  return `${prefix}-${process.pid}-${counter}`
}

/**
 * Serves the stack in memory, with an admin who is signed in. Every answer is checked. Calls of
 * DynamoDB are direct, as with `npm start`: with `direct: false` the runner records them.
 */
export async function startApi(options: Partial<RunnerOptions> = {}): Promise<Api> {
  const logs: string[] = []
  const runner = await startRunner({
    assembly: inject('assembly'),
    parameters: (origin) => ({ PublicUrl: origin }),
    log: (line) => logs.push(line),
    direct: options.intercept === undefined,
    patience: slowness(),
    ...options,
  })
  const call: Api['call'] = (route, sent) => request(runner.origin, route, sent)
  const signIn: Api['signIn'] = async (username, secret, more = {}) => {
    const answer = await call('POST /api/v1/auth/login', {
      body: { username, password: secret, ...more },
    })
    if (answer.status !== 200) throw new Error(`Signing in: ${answer.status} ${answer.text}`)
    const claims = claimsOf(answer.body.access_token)
    return {
      id: claims.sub,
      username,
      password: secret,
      token: answer.body.access_token,
      refreshToken: answer.body.refresh_token,
      deviceToken: answer.body.device_token,
      sessionId: claims.sid,
    }
  }
  await runner.invoke('admin', { command: 'create-admin', username: 'admin', password })
  return {
    runner,
    logs,
    call,
    signIn,
    admin: await signIn('admin', password),
    async signUp(username = unique()) {
      const answer = await call('POST /api/v1/auth/signup', { body: { username, password } })
      if (answer.status !== 201) throw new Error(`Signing up: ${answer.status} ${answer.text}`)
      return signIn(username, password)
    },
    stop: () => runner.stop(),
  }
}

/** What the runner is started with, made when the tests begin. */
type Options = Partial<RunnerOptions>
type Made<Value> = Value | (() => Value | Promise<Value>)

/**
 * Serves the stack for the tests of this file, or of this `describe`, with an admin and a member who
 * are signed in. What it returns is filled before the first test and is of no use until then.
 */
export function useApi(options: Made<Options> = {}): Api & { readonly member: Person } {
  const api = {} as Api & { readonly member: Person }
  beforeAll(async () => {
    const started = await startApi(typeof options === 'function' ? await options() : options)
    Object.assign(api, started, { member: await started.signUp() })
  })
  afterAll(() => api.stop?.())
  return api
}

/** One more member who is signed in before the first test. */
export function usePerson(api: Api): Person {
  const person = {} as Person
  beforeAll(async () => {
    Object.assign(person, await api.signUp())
  })
  return person
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string) {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** Sends `GET /api/v1/…` and reads the answer; an error must be problem details. */
async function request(origin: string, route: string, sent: Sent = {}): Promise<Answer> {
  const [method = 'GET', path = '/'] = route.split(' ', 2)
  const { token, body, headers } = sent
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(origin + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? undefined : parse(text),
  }
  checkAnswer(route, answer)
  checkDocumented(route, answer)
  return answer
}

/** What the contract says of every answer. */
function checkAnswer(route: string, { status, headers, body, text }: Answer): void {
  const complain = (what: string) => {
    throw new Error(`${route} answered ${status} ${what}: ${text.slice(0, 500)}`)
  }
  if (!headers.get('x-request-id')) complain('without X-Request-Id')
  if (headers.get('x-content-type-options') !== 'nosniff') complain('without nosniff')
  if (!headers.get('strict-transport-security')) complain('without HSTS')
  if (status < 400 || route.startsWith('HEAD')) return
  // RFC 6749 section 5.2, on the routes that take forms.
  if (status === 400 && typeof body.error === 'string') return
  if (headers.get('content-type') !== 'application/problem+json') complain('not as a problem')
  if (body.status !== status) complain('with another status in the body')
  if (body.requestId !== headers.get('x-request-id')) complain('with another request id')
  for (const member of ['type', 'title', 'detail', 'code'])
    if (typeof body[member] !== 'string') complain(`without ${member}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
