import { spawn, spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { folder, Missing, ran } from './tools.ts'

const port = '4599'
const endpoint = `http://127.0.0.1:${port}`
const password = 'a password for the emulator'

/** Nobody's credentials: the emulator takes any, and nothing reaches AWS. */
const env = {
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  CDK_VALIDATION: 'false',
}

/**
 * The CDK's own commands against an emulator of AWS that others wrote, and the deployed functions behind
 * its gateway. It enforces neither IAM nor one index at a time: the tests hold those.
 */
export async function emulate(bin: string): Promise<boolean> {
  if (spawnSync('aws', ['--version']).error) throw new Missing('the AWS CLI')
  const stop = await start(bin)
  try {
    const deploy = [
      'deploy',
      '--require-approval',
      'never',
      '--method',
      'direct',
      '--progress',
      'events',
    ]
    const cdk = (...given: string[]) =>
      must(given[0] ?? '', [join('infra', 'deploy', 'main.ts'), ...given])
    const admin = (...given: string[]) =>
      must(given[0] ?? '', [join('infra', 'operator', 'admin.ts'), '--stage', 'dev', ...given])
    cdk('bootstrap')
    cdk(...deploy)
    await use('after the first deployment')
    admin('list-keys')
    admin('rotate-keys')
    await use('after a rotation')
    cdk(...deploy, '--force')
    await use('after the same again')
    return true
  } catch (error) {
    console.error((error as Error).message)
    return false
  } finally {
    stop()
  }
}

function must(what: string, parameters: readonly string[]): void {
  if (!ran(process.execPath, parameters, env)) throw new Error(`${what} failed`)
}

async function start(bin: string): Promise<() => void> {
  const log = openSync(join(folder, 'emulator.log'), 'w')
  const child = spawn(join(bin, 'python'), [join(import.meta.dirname, 'emulator_plugin.py')], {
    stdio: ['ignore', 'inherit', log],
    env: {
      ...process.env,
      ...env,
      GATEWAY_PORT: port,
      BIND_HOST: '127.0.0.1',
      LOG_LEVEL: 'WARNING',
    },
  })
  for (let waited = 0; waited < 60; waited += 1) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined)
    if (answer?.ok) return () => child.kill()
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  child.kill()
  throw new Error('the emulator does not start')
}

/** What a client does: signs up, signs in, creates, reads, lists, signs out. */
async function use(when: string): Promise<void> {
  const describe = ['cloudformation', 'describe-stacks', '--stack-name', 'Portcullis-dev']
  const query = [
    '--query',
    "Stacks[0].Outputs[?OutputKey=='Address'].OutputValue",
    '--output',
    'text',
  ]
  const { stdout } = spawnSync('aws', [...describe, ...query], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  const api = /https:\/\/([a-z0-9]+)\.execute-api/.exec(stdout)?.[1]
  const base = `${endpoint}/restapis/${api}/dev/_user_request_/api/v1`
  const call = async (
    method: string,
    path: string,
    expected: number,
    body?: object,
    token = '',
  ) => {
    const answer = await fetch(base + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status !== expected)
      throw new Error(`${when}: ${method} ${path} answered ${answer.status}: ${text.slice(0, 300)}`)
    return text === '' ? {} : (JSON.parse(text) as Record<string, string>)
  }
  const username = `user-${Date.now()}`
  await call('GET', '/health', 200)
  await call('POST', '/auth/signup', 201, { username, password })
  const { access_token: token } = await call('POST', '/auth/login', 200, { username, password })
  await call('GET', '/users/me', 200, undefined, token)
  await call('GET', '/private', 401)
  await call('GET', '/nothing', 404, undefined, token)
  await call('POST', '/auth/logout', 204, undefined, token)
  await call('GET', '/users/me', 401, undefined, token)
  console.log(`  ${when}: signed up, in and out`)
}
