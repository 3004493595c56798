import { setTimeout as delay } from 'node:timers/promises'
import type { Runner } from '../local/runner.ts'

const password = 'correct horse battery'

interface Sent {
  readonly token?: string | undefined
  readonly body?: object
}

/**
 * Traffic as it may be: a tide of readers and writers who come and go, mistakes, and somebody who
 * tries passwords for a while.
 * @returns sends one period of it; its argument runs from 0 to 1
 */
export async function createTraffic({
  origin,
  invoke,
}: Runner): Promise<(at: number) => Promise<void>> {
  let counter = 0
  const call = async (route: string, { token, body }: Sent = {}) => {
    const [method = 'GET', path = '/'] = route.split(' ')
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return JSON.parse((await answer.text()) || '{}')
  }
  const signIn = async (username: string): Promise<string> =>
    (await call('POST /auth/login', { body: { username, password } })).access_token
  await invoke('admin', { command: 'create-admin', username: 'admin', password })

  async function visitor(): Promise<void> {
    counter += 1
    const username = `visitor-${counter}`
    await call('POST /auth/signup', { body: { username, password } })
    const token = await signIn(username)
    const body = { name: username, email: `${username}@example.org`, rollNo: `${counter}`, age: 20 }
    const { id } = await call('POST /students', { token, body })
    await call('GET /students?limit=10', { token })
    await call(`GET /students/${id}`, { token })
    await call(`PATCH /students/${id}`, { token, body: { age: 21 } })
    await call('GET /users/me', { token })
    if (counter % 3 === 0) await call('POST /mountains', { token, body: { name: 'k2' } })
    if (counter % 4 === 0) await call('GET /students/nobody', { token })
    if (counter % 5 === 0) await call('POST /students', { token, body: { name: '' } })
    if (counter % 6 === 0) await call('GET /students')
    if (counter % 7 === 0) await call('DELETE /users/me', { token })
    else if (counter % 2 === 0) await call('POST /auth/logout', { token })
  }

  return async (at) => {
    const tide = 2 + Math.round(3 * (1 - Math.cos(at * 4 * Math.PI)))
    for (let visit = 0; visit < tide; visit++) await visitor()
    const token = await signIn('admin')
    await call('POST /mountains', { token, body: { name: `peak-${counter}`, heightM: 4000 } })
    const guesses = at > 0.6 && at < 0.7 ? 14 : 1
    for (let guess = 0; guess < guesses; guess++)
      await call('POST /auth/login', {
        body: { username: 'visitor-1', password: `guess ${guess}` },
      })
    // What comes by a stream comes a little later.
    await delay(20)
  }
}
