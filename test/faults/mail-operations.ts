import { enrolled, shownCode } from '../api/authenticator.ts'
import { type Api, password, unique } from '../api/harness.ts'
import { address, linkTo } from '../api/mails.ts'
import { itemsOf } from '../auth/support.ts'
import { type Operation, type Outcome, request } from './act.ts'

const auth = '/api/v1/auth'
const login = `POST ${auth}/login`

/** What is asked of the functions that know of second factors. */
export const factorOperations: Readonly<Record<string, Operation>> = {
  'add a factor': {
    of: 'factors',
    async prepare(api) {
      const { token } = await api.signUp()
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/factors/totp`, { token }),
        done: async () => (await factorsOf(api, token)).items.length > 0,
      }
    },
  },

  'confirm a factor': {
    of: 'factors',
    async prepare(api) {
      const { token, username } = await owner(api)
      const { body: made } = await api.call(`POST ${auth}/factors/totp`, { token })
      forgetKeys(api)
      const body = { code: shownCode(api, made.secret) }
      return {
        send: request(api, `POST ${auth}/factors/${made.id}/confirm`, { token, body }),
        done: () => owes(api, username),
        again: 404,
      }
    },
  },

  'make new recovery codes': {
    of: 'factors',
    async prepare(api) {
      const { token } = await owner(api)
      const { recoveryCodes } = await enrolled(api, token)
      const body = { recoveryCode: recoveryCodes[0] }
      await api.call(`POST ${auth}/reauthenticate`, { token, body })
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/factors/recovery`, { token }),
        done: async () => (await factorsOf(api, token)).recoveryCodesLeft === 10,
      }
    },
  },

  'remove a factor': {
    of: 'factors',
    async prepare(api) {
      const { token, username } = await owner(api)
      const { factorId } = await enrolled(api, token)
      forgetKeys(api)
      return {
        send: request(api, `DELETE ${auth}/factors/${factorId}`, { token }),
        done: async () => !(await owes(api, username)),
        again: 404,
      }
    },
  },

  'sign in with a recovery code': {
    of: 'login',
    async prepare(api) {
      const { token, username } = await owner(api)
      const { recoveryCodes } = await enrolled(api, token)
      const { body } = await api.call(login, { body: { username, password } })
      const proof = { challenge: body.challenge, recoveryCode: recoveryCodes[0] }
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/login/factor`, { body: proof }),
        done: async () => (await factorsOf(api, token)).recoveryCodesLeft === 9,
        again: 401,
      }
    },
  },

  'prove a factor': {
    of: 'factors',
    async prepare(api) {
      const { token } = await owner(api)
      const { recoveryCodes } = await enrolled(api, token)
      const body = { recoveryCode: recoveryCodes[0] }
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/reauthenticate`, { token, body }),
        done: async () => (await factorsOf(api, token)).recoveryCodesLeft === 9,
        again: 401,
      }
    },
  },

  'make a key': {
    of: 'tokens',
    async prepare(api) {
      const { token } = await owner(api)
      const body = { name: 'a key', scope: 'pupils:read' }
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/keys`, { token, body }),
        done: async () => (await api.call(`GET ${auth}/keys`, { token })).body.items.length > 0,
      }
    },
  },
}

/** What is asked of the functions that have mails sent, and what their links do. */
export const mailOperations: Readonly<Record<string, Operation>> = {
  'sign up with an address': {
    of: 'signup',
    async prepare(api) {
      const body = { username: unique(), password, email: address() }
      forgetKeys(api)
      return {
        send: request(api, 'POST /api/v1/auth/signup', { body }),
        done: () => isWritten(api, 'verify', body.email),
        again: 409,
      }
    },
  },

  'forget a password': {
    of: 'email',
    async prepare(api) {
      const { email } = await owner(api)
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/password/forgot`, { body: { email } }),
        done: () => isWritten(api, 'forgot', email),
      }
    },
  },

  'mail a reset': {
    of: 'users',
    async prepare(api) {
      const { id, email } = await owner(api)
      const { token } = await api.signIn('admin', password)
      const body = { reset: true }
      forgetKeys(api)
      return {
        send: request(api, `POST /api/v1/users/${id}/password`, { token, body }),
        done: () => isWritten(api, 'reset', email),
      }
    },
  },

  'reset a password': {
    of: 'email',
    async prepare(api) {
      const { id, email, username } = await owner(api)
      const { token } = await api.signIn('admin', password)
      await api.call(`POST /api/v1/users/${id}/password`, { token, body: { reset: true } })
      const newPassword = 'chosen by a link'
      const link = (await linkTo(api, email, /new password/)).get('token')
      const body = { token: link, newPassword }
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/password/reset`, { body }),
        done: async () =>
          signsIn(await api.call(login, { body: { username, password: newPassword } })),
        again: 400,
      }
    },
  },

  'ask for another address': {
    of: 'email',
    async prepare(api) {
      const { token } = await owner(api)
      const body = { email: address() }
      forgetKeys(api)
      return {
        send: request(api, `PUT ${auth}/email`, { token, body }),
        done: () => isWritten(api, 'verify', body.email),
      }
    },
  },

  'verify an address': {
    of: 'email',
    async prepare(api) {
      const { token, email } = await unverified(api)
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/email/verify`, { body: { token } }),
        done: async () => signsIn(await api.call(login, { body: { email, password } })),
        again: 400,
      }
    },
  },

  'undo a change': {
    of: 'email',
    async prepare(api) {
      const { token, username, email } = await owner(api)
      await enrolled(api, token)
      const body = { token: (await linkTo(api, email, /factor was added/)).get('token') }
      forgetKeys(api)
      return {
        send: request(api, `POST ${auth}/undo`, { body }),
        done: async () =>
          (await api.call(login, { body: { username, password } })).body.code ===
          'invalid_credentials',
        again: 400,
      }
    },
  },
}

/** The secrets are read again after a minute: each run makes the same calls. */
function forgetKeys(api: Api): void {
  api.runner.clock.advance(61_000)
}

/** Somebody with a verified address, by an import, so that no mail has to be waited for. */
async function owner(api: Api) {
  const [username, email] = [unique(), address()]
  hash ??= await hashOf(api)
  const record = { item: { username, email, emailVerified: true }, hash }
  const batch = { command: 'import-batch', resource: 'users', records: [record] }
  await api.runner.invoke('admin', batch)
  return { ...(await api.signIn(username, password)), email }
}

let hash: string | undefined

/** The hash of the tests' password. */
async function hashOf(api: Api): Promise<string> {
  const { id } = await api.signUp()
  const page = { command: 'export-page', resource: 'users' }
  const { records } = (await api.runner.invoke('admin', page)) as {
    records: { item: { id: string }; hash: string }[]
  }
  return records.find(({ item }) => item.id === id)?.hash ?? ''
}

/** Somebody whose address waits for its link; a network's mails are counted by the hour. */
async function unverified(api: Api) {
  api.runner.clock.advance(60 * 60 * 1000)
  const [username, email] = [unique(), address()]
  await api.call('POST /api/v1/auth/signup', { body: { username, password, email } })
  return { email, token: (await linkTo(api, email, /Confirm/)).get('token') }
}

async function factorsOf(api: Api, token: string) {
  return (await api.call(`GET ${auth}/factors`, { token })).body
}

async function owes(api: Api, username: string): Promise<boolean> {
  const { body } = await api.call(login, { body: { username, password } })
  return body.code === 'second_factor_required'
}

function signsIn({ status }: Outcome): boolean {
  return status === 200
}

async function isWritten(api: Api, purpose: string, to: string): Promise<boolean> {
  const items = await itemsOf(api, 'outbox')
  return items.some((item) => item.purpose?.S === purpose && item.to?.S === to)
}
