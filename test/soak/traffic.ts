/** One kind of request. */
export interface Kind {
  readonly name: string
  /** Of all requests. */
  readonly share: number
  /** Answers the status. */
  readonly send: () => Promise<number>
  readonly expected: readonly number[]
}

interface Person {
  token: string
  refreshToken: string
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  readonly body: any
}

const password = 'correct horse battery'
const people = 60
/** They sign in so often that their oldest sessions end. */
const guests = 20
const pupils = 500

/** Fills the stack with users and items, and returns the kinds of requests that use them. */
export async function traffic(origin: string): Promise<readonly Kind[]> {
  let made = 0
  const next = () => {
    made += 1
    return `${made}-${Math.random().toString(36).slice(2)}`
  }

  async function send(route: string, body?: object, token?: string): Promise<Answer> {
    const [method = '', path = ''] = route.split(' ')
    const answer = await fetch(origin + path, {
      method,
      headers: {
        ...(body && { 'Content-Type': 'application/json' }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await answer.text()
    return { status: answer.status, body: text && JSON.parse(text) }
  }

  const login = (username: string) => send('POST /api/v1/auth/login', { username, password })
  const signUp = async () => {
    const username = `user-${next()}`
    const { status } = await send('POST /api/v1/auth/signup', { username, password })
    return { username, status }
  }
  const create = (token: string) => {
    const body = { name: 'Ada', email: `${next()}@example.org`, rollNo: next(), age: 20 }
    return send('POST /api/v1/pupils', body, token)
  }

  const known: Person[] = []
  for (let count = 0; count < people; count++) {
    const { body } = await login((await signUp()).username)
    known.push({ token: body.access_token, refreshToken: body.refresh_token })
  }
  const visitors: string[] = []
  for (let count = 0; count < guests; count++) visitors.push((await signUp()).username)
  const ids: string[] = []
  while (ids.length < pupils) {
    const answers = await Promise.all(known.map(({ token }) => create(token)))
    ids.push(...answers.map(({ body }) => body.id))
  }

  const any = <Element>(list: readonly Element[]) =>
    list[Math.floor(Math.random() * list.length)] as Element
  const token = () => any(known).token
  // One refresh of a session at a time, as an honest client does.
  const idle = [...known]
  const pupil = () => `/api/v1/pupils/${any(ids)}`
  const status = async (answer: Promise<Answer>) => (await answer).status

  return [
    {
      name: 'read an item',
      share: 0.58,
      send: () => status(send(`GET ${pupil()}`, undefined, token())),
      expected: [200, 404],
    },
    {
      name: 'list a page',
      share: 0.15,
      send: () => status(send('GET /api/v1/pupils', undefined, token())),
      expected: [200],
    },
    {
      name: 'create',
      share: 0.06,
      async send() {
        const { status, body } = await create(token())
        if (status === 201) ids.push(body.id)
        return status
      },
      expected: [201],
    },
    {
      name: 'change',
      share: 0.06,
      send: () => status(send(`PATCH ${pupil()}`, { name: next() }, token())),
      expected: [200, 404],
    },
    {
      name: 'delete',
      share: 0.06,
      send: () => {
        const [id] = ids.splice(Math.floor(Math.random() * ids.length), 1)
        return status(send(`DELETE /api/v1/pupils/${id}`, undefined, token()))
      },
      expected: [204],
    },
    {
      name: 'refresh',
      share: 0.05,
      async send() {
        const person = idle.shift()
        if (!person) throw new Error('All sessions are being refreshed')
        const { refreshToken: refresh_token } = person
        const { status, body } = await send('POST /api/v1/auth/refresh', { refresh_token })
        if (status === 200) {
          person.token = body.access_token
          person.refreshToken = body.refresh_token
        }
        idle.push(person)
        return status
      },
      expected: [200],
    },
    {
      name: 'login',
      share: 0.01,
      send: () => status(login(any(visitors))),
      expected: [200],
    },
    {
      name: 'sign up',
      share: 0.002,
      send: async () => (await signUp()).status,
      expected: [201],
    },
    {
      name: 'refused token',
      share: 0.018,
      send: () => status(send('GET /api/v1/pupils', undefined, `${token()}x`)),
      expected: [401],
    },
    {
      name: 'bad body',
      share: 0.01,
      send: () => status(send('POST /api/v1/pupils', { name: '' }, token())),
      expected: [422],
    },
  ]
}
