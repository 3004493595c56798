import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRunner } from '../infra/local/runner.ts'
import { synthesizeWithFixtures } from '../test/build.ts'

/**
 * Serves our stack in a separate process, with a given number of instances of each function. Tells
 * its parent the address, and a token that may use it.
 */
const concurrency = Number(process.argv[2])
const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
const { assembly } = synthesizeWithFixtures(directory, 'local')
const runner = await startRunner({
  assembly,
  concurrency,
  direct: true,
  parameters: (origin) => ({ PublicUrl: origin }),
  log: () => {},
})

async function call(path: string, body: object, token?: string) {
  const answer = await fetch(runner.origin + path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, string>
}

const account = { username: 'bench', password: 'correct horse battery' }
await call('/api/v1/auth/signup', account)
const { access_token: token } = await call('/api/v1/auth/login', account)
let id = ''
for (let number = 0; number < 30; number++)
  ({ id = '' } = await call(
    '/api/v1/pupils',
    { name: 'Ada Lovelace', email: `ada${number}@example.org`, rollNo: `${number}`, age: 36 },
    token,
  ))
const { dynamodbEndpoint } = runner
const model = runner.model.tables.map(({ id, name }) => [id, name])
process.send?.({ origin: runner.origin, token, id, dynamodbEndpoint, tables: model })
process.on('disconnect', () => void runner.stop().then(() => process.exit()))
