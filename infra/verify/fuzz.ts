import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { startRunner } from '../local/runner.ts'
import { folder, synthesized } from './tools.ts'

const password = 'a password for schemathesis'

/** Every operation of the served document with generated requests, as a member and as an admin. */
export async function fuzz(bin: string): Promise<boolean> {
  process.env.TZ = 'UTC'
  const runner = await startRunner({
    assembly: synthesized('local'),
    parameters: (origin) => ({ PublicUrl: origin }),
    log: () => {},
  })
  try {
    const people = ['member', 'admin'] as const
    await runner.invoke('admin', { command: 'create-admin', username: 'admin', password })
    await post(runner.origin, 'signup', { username: 'member', password })
    const outcomes: boolean[] = []
    for (const username of people) {
      const { access_token } = await post(runner.origin, 'login', { username, password })
      console.log(`\nschemathesis as ${username}`)
      outcomes.push(await run(join(bin, 'schemathesis'), runner.origin, String(access_token)))
    }
    return outcomes.every(Boolean)
  } finally {
    await runner.stop()
  }
}

/** Without blocking: this is the server. In the tools' folder, as schemathesis keeps failures. */
function run(command: string, origin: string, token: string): Promise<boolean> {
  const config = join(import.meta.dirname, 'schemathesis.toml')
  const header = `Authorization: Bearer ${token}`
  const document = `${origin}/api/v1/openapi.json`
  const parameters = ['--config-file', config, 'run', document, '--header', header]
  const child = spawn(command, parameters, { stdio: 'inherit', cwd: folder })
  return new Promise((resolve) => child.on('close', (status) => resolve(status === 0)))
}

/** Calls a route of /auth. */
export async function post(
  origin: string,
  route: string,
  body: object,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${origin}/api/v1/auth/${route}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${route}: ${answer.status}`)
  return (await answer.json()) as Record<string, unknown>
}
