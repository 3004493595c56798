import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { password, unique } from '../api/harness.ts'
import { scratch } from '../assembly.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const { pid, exitCode, signalCode } of children.splice(0))
    if (pid && exitCode === null && signalCode === null) process.kill(pid, 'SIGKILL')
})

test('a crash in the middle of 200 creates loses nothing that was answered', async () => {
  const project = checkout()
  const first = await serve(project)
  const bodies = Array.from({ length: 200 }, (_, index) => ({
    name: `Pupil ${index}`,
    email: `${unique()}@example.org`,
    rollNo: String(index),
    age: 20,
  }))
  const kept: { id: string }[] = []
  const answered = Promise.withResolvers<void>()
  const creates = bodies.map(async (body) => {
    const made = await first.post('/api/v1/pupils', body)
    kept.push(made)
    if (kept.length === 60) answered.resolve()
  })
  await answered.promise
  first.child.kill('SIGKILL')
  const outcomes = await Promise.allSettled(creates)
  await first.ended
  expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)

  const second = await serve(project)
  for (const pupil of kept) expect(await second.get(`/api/v1/pupils/${pupil.id}`)).toEqual(pupil)
  // And no write is half done: an address that is taken is that of an item that can be read.
  const found = await second.list('/api/v1/pupils')
  expect(found.length).toBeGreaterThanOrEqual(kept.length)
  for (const [index, body] of bodies.entries())
    if (!found.some(({ email }) => email === body.email))
      await second.post('/api/v1/pupils', { ...body, name: `Once more ${index}` })
})

/** A resource for this test, beside what is declared. */
const added: Readonly<Record<string, string>> = {
  'functions/resources/pupils.ts': `import { email, integer, line } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const pupils = resource({
  name: 'pupils',
  singular: 'pupil',
  fields: { name: line(1, 100), email: email(), rollNo: line(1, 32), age: integer(3, 120) },
  unique: ['email'],
  indexes: [{ sort: 'name' }],
})
`,
  'functions/pupils.ts': `import { crud } from './crud/crud.ts'
import { pupils } from './resources/pupils.ts'

export const handler = crud(pupils)
`,
}

function withPupils(list: string): string {
  return `${list.replace('export const resources', 'const declared')}
import { pupils } from './pupils.ts'
export const resources: readonly Resource[] = [...declared, pupils]
`
}

/** The sources as a developer has them, with data and a build of their own. */
function checkout(): string {
  const project = join(scratch, 'project')
  for (const part of ['functions', 'infra', 'package.json', 'package-lock.json', 'cdk.json'])
    cpSync(join(root, part), join(project, part), { recursive: true })
  for (const [path, text] of Object.entries(added)) writeFileSync(join(project, path), text)
  const list = join(project, 'functions/resources/index.ts')
  writeFileSync(list, withPupils(readFileSync(list, 'utf8')))
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  return project
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
type Json = any

/** Runs the local runner in a process of its own and signs its admin in. */
async function serve(project: string) {
  const child = spawn(process.execPath, ['infra/local/main.ts', '--port', '0', '--no-watch'], {
    cwd: project,
    // The bundles of the tests are not the project's to write.
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      BUNDLE_DIR: join(project, 'dist'),
      ADMIN_PASSWORD: password,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.push(child)
  const ended = new Promise((resolve) => child.once('close', resolve))
  const origin = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
      const [, found] = /is ready at (\S+)/.exec(said) ?? []
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(said)))
  })
  const send = async (method: string, path: string, body?: object, token?: string) => {
    const answer = await fetch(origin + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Json
  }
  const credentials = { username: 'admin', password }
  const { access_token } = await send('POST', '/api/v1/auth/login', credentials)
  const get = (path: string) => send('GET', path, undefined, access_token)
  return {
    child,
    ended,
    get,
    post: (path: string, body: object) => send('POST', path, body, access_token),
    async list(path: string): Promise<Json[]> {
      const items: Json[] = []
      for (let next = `${path}?limit=100`; next; ) {
        const page = await get(next)
        items.push(...page.items)
        next = page.nextCursor ? `${path}?limit=100&cursor=${page.nextCursor}` : ''
      }
      return items
    },
  }
}
