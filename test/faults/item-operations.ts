import { type Api, password, unique } from '../api/harness.ts'
import { type Operation, request } from './act.ts'

/** What is asked of the resources' functions. */
export const itemOperations: Readonly<Record<string, Operation>> = {
  'create an item': {
    of: 'pupils',
    async prepare(api) {
      const { token } = await api.signUp()
      const body = pupil()
      return {
        send: request(api, 'POST /api/v1/pupils', { token, body }),
        done: async () => (await pupilsNamed(api, token, body.name)).length === 1,
        again: 409,
      }
    },
  },

  'create an item with an Idempotency-Key': {
    of: 'pupils',
    async prepare(api) {
      const { token } = await api.signUp()
      const body = pupil()
      const headers = { 'Idempotency-Key': unique() }
      return {
        send: request(api, 'POST /api/v1/pupils', { token, body, headers }),
        done: async () => (await pupilsNamed(api, token, body.name)).length === 1,
      }
    },
  },

  'change a unique field': {
    of: 'pupils',
    async prepare(api) {
      const { token } = await api.signUp()
      const { body: made } = await api.call('POST /api/v1/pupils', { token, body: pupil() })
      const path = `/api/v1/pupils/${made.id}`
      const { email } = pupil()
      return {
        send: request(api, `PATCH ${path}`, { token, body: { email } }),
        done: async () => (await api.call(`GET ${path}`, { token })).body.email === email,
      }
    },
  },

  'delete an item with a unique field': {
    of: 'pupils',
    async prepare(api) {
      const { token } = await api.signUp()
      const { body: made } = await api.call('POST /api/v1/pupils', { token, body: pupil() })
      const path = `/api/v1/pupils/${made.id}`
      return {
        send: request(api, `DELETE ${path}`, { token }),
        done: async () => (await api.call(`GET ${path}`, { token })).status === 404,
        again: 404,
      }
    },
  },

  'replace an item that must not have changed': {
    of: 'summits',
    async prepare(api) {
      const { token } = await api.signIn('admin', password)
      const { path, tag } = await summit(api, token)
      return {
        send: request(api, `PUT ${path}`, {
          token,
          body: { heightM: 8849 },
          headers: { 'If-Match': tag },
        }),
        done: async () => (await api.call(`GET ${path}`, { token })).body.heightM === 8849,
        again: 412,
      }
    },
  },

  'delete an item': {
    of: 'summits',
    async prepare(api) {
      const { token } = await api.signIn('admin', password)
      const { path } = await summit(api, token)
      return {
        send: request(api, `DELETE ${path}`, { token }),
        done: async () => (await api.call(`GET ${path}`, { token })).status === 404,
        again: 404,
      }
    },
  },

  'create an item of a user': {
    of: 'memos',
    async prepare(api) {
      const { token, id } = await api.signUp()
      const path = `/api/v1/users/${id}/memos`
      return {
        send: request(api, `POST ${path}`, { token, body: { title: 'First', body: '' } }),
        done: async () => (await api.call(`GET ${path}`, { token })).body.items.length > 0,
      }
    },
  },
}

function pupil() {
  return { name: unique('Pupil '), email: `${unique()}@example.org`, rollNo: '1', age: 20 }
}

async function pupilsNamed(api: Api, token: string, name: string): Promise<unknown[]> {
  return (await api.call(`GET /api/v1/pupils?name=${encodeURIComponent(name)}`, { token })).body
    .items
}

async function summit(api: Api, token: string) {
  const path = `/api/v1/summits/${unique('summit')}`
  const body = { name: path.split('/').at(-1), heightM: 8848 }
  const { headers } = await api.call('POST /api/v1/summits', { token, body })
  return { path, tag: headers.get('etag') ?? '' }
}
