import { randomUUID } from 'node:crypto'
import type { Resource } from '../../functions/model/declaration.ts'
import { resources } from '../../functions/resources/index.ts'
import { type Request, requestNames } from '../../infra/cost/usage.ts'
import type { Runner } from '../../infra/local/runner.ts'
import { sample } from '../sample.ts'

/** The resource to measure requests with: the first that every member may write. */
export const measuredResource = resources.find(
  ({ parent, access }) => parent === undefined && access.member?.includes('write'),
)

/** The requests that can be sent to what is declared. */
export const possibleRequests = requestNames.filter(
  (name) => measuredResource !== undefined || ['signup', 'login', 'refresh'].includes(name),
)

export type Senders = Readonly<Partial<Record<Request, () => Promise<number>>>>

type Fields = Readonly<Record<string, unknown>>
type Send = (
  route: string,
  body?: object,
  token?: string,
) => Promise<{ readonly size: number; readonly body: Readonly<Record<string, string>> }>

const password = 'correct horse battery'

/** Each sends one request of its kind and tells the size of the answer's body, bytes. */
export async function senders(runner: Runner): Promise<Senders> {
  const send: Send = async (route, body, token) => {
    const [method = '', path = ''] = route.split(' ')
    const answer = await fetch(`${runner.origin}/api/v1${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${text}`)
    return { size: Buffer.byteLength(text), body: JSON.parse(text) }
  }
  const credentials = { username: 'somebody@example.org', password }
  await send('POST /auth/signup', credentials)
  const { body: signedIn } = await send('POST /auth/login', credentials)
  let { refresh_token } = signedIn
  const signedUp: object[] = []
  return {
    async signup() {
      const newcomer = { username: `${randomUUID()}@example.org`, password }
      signedUp.push(newcomer)
      return (await send('POST /auth/signup', newcomer)).size
    },
    login: async () => (await send('POST /auth/login', signedUp.shift())).size,
    async refresh() {
      const { size, body } = await send('POST /auth/refresh', { refresh_token })
      refresh_token = body.refresh_token
      return size
    },
    ...(measuredResource && (await itemSenders(measuredResource, send, signedIn.access_token))),
  }
}

async function itemSenders(resource: Resource, send: Send, token?: string): Promise<Senders> {
  const { bodies, collectionPath, key, unique } = resource
  const fields = () => sample(bodies.create()) as Fields
  const { body } = await send(`POST ${collectionPath}`, fields(), token)
  const item = `${collectionPath}/${body[key]}`
  const changed = Object.keys(fields()).find((name) => name !== key && !unique.includes(name)) ?? ''
  const change = () => ({ [changed]: fields()[changed] })
  return {
    create: async () => (await send(`POST ${collectionPath}`, fields(), token)).size,
    read: async () => (await send(`GET ${item}`, undefined, token)).size,
    list: async () => (await send(`GET ${collectionPath}`, undefined, token)).size,
    change: async () => (await send(`PATCH ${item}`, change(), token)).size,
  }
}
