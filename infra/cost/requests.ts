import type { Runner } from '../local/runner.ts'
import type { Request } from './usage.ts'

const password = 'correct horse battery'

/** Sends one request of each kind, again and again. */
export async function senders(
  runner: Runner,
): Promise<Readonly<Record<Request, () => Promise<number>>>> {
  let count = 0
  const next = () => {
    count += 1
    return String(count).padStart(6, '0')
  }
  /** Answers the size of the answer's body, bytes. */
  const send = async (route: string, body?: object, token?: string) => {
    const [method = '', path = ''] = route.split(' ')
    const answer = await fetch(runner.origin + path, {
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
  const student = () => ({
    name: `Student ${next()}`,
    email: `student-${count}@example.org`,
    rollNo: next(),
    age: 20,
  })
  const credentials = { username: 'somebody@example.org', password }
  await send('POST /api/v1/auth/signup', credentials)
  const { body: signedIn } = await send('POST /api/v1/auth/login', credentials)
  const { access_token: token } = signedIn
  let { refresh_token } = signedIn
  const { body: made } = await send('POST /api/v1/students', student(), token)
  const item = `/api/v1/students/${made.id}`
  const signedUp: object[] = []
  return {
    async signup() {
      const newcomer = { username: `user-${next()}@example.org`, password }
      signedUp.push(newcomer)
      return (await send('POST /api/v1/auth/signup', newcomer)).size
    },
    login: async () => (await send('POST /api/v1/auth/login', signedUp.shift())).size,
    refresh: async () => {
      const answer = await send('POST /api/v1/auth/refresh', { refresh_token })
      refresh_token = answer.body.refresh_token
      return answer.size
    },
    create: async () => (await send('POST /api/v1/students', student(), token)).size,
    read: async () => (await send(`GET ${item}`, undefined, token)).size,
    list: async () => (await send('GET /api/v1/students', undefined, token)).size,
    change: async () => (await send(`PATCH ${item}`, { name: `Ada ${next()}` }, token)).size,
  }
}
