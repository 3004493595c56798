import { randomUUID } from 'node:crypto'
import type { Request } from '../../infra/cost/usage.ts'
import type { Runner } from '../../infra/local/runner.ts'

const password = 'correct horse battery'

/** Each sends one request of its kind and tells the size of the answer's body, bytes. */
export async function senders(
  runner: Runner,
): Promise<Readonly<Record<Request, () => Promise<number>>>> {
  const send = async (route: string, body?: object, token?: string) => {
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
    // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
    return { size: Buffer.byteLength(text), body: JSON.parse(text) as any }
  }
  let count = 0
  const pupil = () => {
    count += 1
    const number = String(count).padStart(6, '0')
    const email = `pupil-${number}@example.org`
    return { name: `Pupil ${number}`, email, rollNo: number, age: 20 }
  }
  const credentials = { username: 'somebody@example.org', password }
  await send('POST /auth/signup', credentials)
  const { body: signedIn } = await send('POST /auth/login', credentials)
  const { access_token: token } = signedIn
  let { refresh_token } = signedIn
  const { body: made } = await send('POST /pupils', pupil(), token)
  const item = `/pupils/${made.id}`
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
    create: async () => (await send('POST /pupils', pupil(), token)).size,
    read: async () => (await send(`GET ${item}`, undefined, token)).size,
    list: async () => (await send('GET /pupils', undefined, token)).size,
    change: async () => (await send(`PATCH ${item}`, { name: pupil().name }, token)).size,
  }
}
