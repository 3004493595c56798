import { type Api, type Person, password, unique } from '../api/harness.ts'
import { type Operation, type Outcome, request } from './act.ts'

/** What is asked of the functions that know of users, sessions and keys. */
export const accountOperations: Readonly<Record<string, Operation>> = {
  'read with a token': {
    of: 'authorizer',
    async prepare(api) {
      const { token } = await api.signUp()
      forgetKeys(api)
      return { send: request(api, 'GET /api/v1/private', { token }), done: succeeded }
    },
  },

  'sign up': {
    of: 'signup',
    async prepare(api) {
      const credentials = { username: unique(), password }
      return {
        send: request(api, 'POST /api/v1/auth/signup', { body: credentials }),
        done: () => signsIn(api, credentials),
        again: 409,
      }
    },
  },

  login: {
    of: 'login',
    async prepare(api) {
      const { username } = await api.signUp()
      forgetKeys(api)
      const body = { username, password }
      return {
        send: request(api, 'POST /api/v1/auth/login', { body }),
        done: ({ body: tokens }) => isGood(api, tokens?.access_token),
      }
    },
  },

  refresh: {
    of: 'login',
    async prepare(api) {
      const { refreshToken } = await api.signUp()
      const body = { refresh_token: refreshToken }
      return {
        send: request(api, 'POST /api/v1/auth/refresh', { body }),
        done: ({ body: tokens }) => isGood(api, tokens?.access_token),
      }
    },
  },

  logout: {
    of: 'login',
    async prepare(api) {
      const { token } = await api.signUp()
      return {
        send: request(api, 'POST /api/v1/auth/logout', { token }),
        done: async () => !(await isGood(api, token)),
        again: 401,
      }
    },
  },

  'end a session': {
    of: 'sessions',
    async prepare(api) {
      const { token, username } = await api.signUp()
      const other = await api.signIn(username, password)
      return {
        send: request(api, `DELETE /api/v1/auth/sessions/${other.sessionId}`, { token }),
        done: async () => !(await isGood(api, other.token)),
        again: 404,
      }
    },
  },

  'change the password': {
    of: 'sessions',
    async prepare(api) {
      const { token, username } = await api.signUp()
      const other = await api.signIn(username, password)
      const body = { currentPassword: password, newPassword: unique('another password ') }
      return {
        send: request(api, 'POST /api/v1/auth/password', { token, body }),
        done: async () =>
          !(await isGood(api, other.token)) &&
          (await signsIn(api, { username, password: body.newPassword })),
        again: 403,
      }
    },
  },

  'rename a user': {
    of: 'users',
    async prepare(api) {
      const { token } = await api.signUp()
      const username = unique()
      return {
        send: request(api, 'PATCH /api/v1/users/me', { token, body: { username } }),
        done: () => signsIn(api, { username, password }),
      }
    },
  },

  'make an admin': {
    of: 'users',
    async prepare(api) {
      const { id, token } = await api.signUp()
      const admin = await api.signIn('admin', password)
      const path = `/api/v1/users/${id}`
      return {
        send: request(api, `PATCH ${path}`, { token: admin.token, body: { role: 'admin' } }),
        done: async () =>
          !(await isGood(api, token)) &&
          (await api.call(`GET ${path}`, { token: admin.token })).body.role === 'admin',
      }
    },
  },

  'delete a user': {
    of: 'users',
    async prepare(api) {
      const user = await api.signUp()
      return {
        send: request(api, 'DELETE /api/v1/users/me', { token: user.token }),
        done: async () => !(await isGood(api, user.token)) && !(await signsIn(api, user)),
        again: 401,
      }
    },
  },

  'rotate the keys': {
    of: 'admin',
    async prepare(api) {
      const current = () => currentKey(api)
      const before = await current()
      return {
        send: () => invoke(api, { command: 'rotate-keys' }),
        done: async () => {
          // A key signs eight minutes after it is made.
          api.runner.clock.advance(9 * 60_000)
          return before !== (await current()) && (await signsIn(api, api.admin))
        },
      }
    },
  },
}

async function succeeded({ status }: Outcome): Promise<boolean> {
  return status === 200
}

/** The keys are read again after a minute. */
function forgetKeys(api: Api): void {
  api.runner.clock.advance(61_000)
}

async function signsIn(api: Api, { username, password }: Pick<Person, 'username' | 'password'>) {
  const body = { username, password }
  return (await api.call('POST /api/v1/auth/login', { body })).status === 200
}

async function isGood(api: Api, token: string | undefined): Promise<boolean> {
  return token !== undefined && (await api.call('GET /api/v1/private', { token })).status === 200
}

async function currentKey(api: Api): Promise<string | undefined> {
  const { keys } = (await api.runner.invoke('admin', { command: 'list-keys' })) as {
    keys: { id: string; use: string; current: boolean }[]
  }
  return keys.find(({ use, current }) => use === 'access tokens' && current)?.id
}

/** The operator's command; its failures as a route would answer them. */
async function invoke(api: Api, command: object): Promise<Outcome> {
  const headers = new Headers({ 'Retry-After': '1', 'Content-Type': 'application/problem+json' })
  try {
    return { status: 200, headers, body: await api.runner.invoke('admin', command) }
  } catch (error) {
    const { message } = error as Error
    const unavailable = message.includes('briefly unavailable')
    const code = unavailable ? 'unavailable' : 'internal_error'
    return { status: unavailable ? 503 : 500, headers, body: { code, message } }
  }
}
