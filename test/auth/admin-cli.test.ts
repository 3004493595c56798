import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roles } from '../../functions/model/scopes.ts'
import { root } from '../../infra/bundle.ts'
import { compiled } from '../../infra/local/compiled.ts'
import { openOperatorDoor } from '../../infra/local/operator.ts'
import { type Api, password, startApi } from '../api/harness.ts'
import { scratch } from '../assembly.ts'
import { expectCleanLogs, securityEvents, statusOf } from './support.ts'

const project = join(scratch, 'project')
const data = join(project, '.local')
const tools = join(scratch, 'tools')

/** The command as `npm run admin -- …` runs it, in a project of its own. */
async function admin(
  given: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<{ status: number | null; out: string; complaint: string }> {
  const child = spawn(
    process.execPath,
    [join(project, 'infra', 'operator', 'admin.ts'), ...given],
    {
      cwd: project,
      env: { PATH: tools, NODE_COMPILE_CACHE: compiled, ...env },
    },
  )
  const said = { out: '', complaint: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.complaint += chunk
  })
  child.stdin.end(input)
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, ...said }
}

beforeAll(() => {
  for (const part of ['functions', 'infra', 'package.json'])
    cpSync(join(root, part), join(project, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  mkdirSync(tools)
})

describe('npm run admin', () => {
  test('tells what it can do', async () => {
    const { status, out } = await admin(['--help'])
    expect(status).toBe(0)
    for (const command of ['create-admin <username>', 'withdraw-key <key>', '--stage'])
      expect(out).toContain(command)
  })

  test.each([
    [['bogus'], /unknown command bogus: use one of create-admin.*, withdraw-key, reindex$/m],
    [['disable-user'], /usage:\n {2}disable-user <username>/],
    [['create-admin', 'ada', 'the-password'], /usage:/],
    [['list-keys', '--stage', 'nowhere'], /Unknown stage nowhere: use one of local, dev, prod/],
    [['list-keys', '--bogus'], /--bogus/],
    [['list-keys'], /no `npm start` is running here/],
    [['create-admin', 'ada'], /a password is needed/],
  ] as const)('refuses %j', async (given, complaint) => {
    const said = await admin(given)
    expect([said.status, said.out]).toEqual([1, ''])
    expect(said.complaint).toMatch(complaint)
    expect(said.complaint).not.toMatch(/\n\s+at /)
  })
})

describe('with a running npm start', () => {
  let api: Api
  let stop = async () => {}
  beforeAll(async () => {
    api = await startApi()
    process.chdir(project)
    const door = await openOperatorDoor(data)
    door.serve(api.runner)
    stop = door.close
  })
  afterAll(async () => {
    process.chdir(root)
    expectCleanLogs(api, [password, 'from the input'])
    await api.stop()
  })

  const json = async (...given: Parameters<typeof admin>) => {
    const { status, out, complaint } = await admin(...given)
    expect(status, complaint).toBe(0)
    return JSON.parse(out)
  }

  test('only its owner may open the socket', () => {
    expect(statSync(join(data, 'operator.sock')).mode & 0o777).toBe(0o600)
    expect(statSync(data).mode & 0o777).toBe(0o700)
  })

  test('creates an admin, with the password of the standard input or the environment', async () => {
    const made = await json(['create-admin', 'grace'], { input: 'from the input\n' })
    expect(made).toEqual({ created: true, userId: expect.any(String) })
    const env = { ADMIN_PASSWORD: password }
    expect(await json(['create-admin', 'Grace'], { env })).toEqual({ ...made, created: false })
    const { token } = await api.signIn('grace', 'from the input')
    expect((await api.call('GET /api/v1/users', { token })).status).toBe(200)
    const [event] = securityEvents(api)
      .filter(({ event }) => event === 'admin_created')
      .slice(-1)
    expect(event).toMatchObject({ userId: made.userId, by: 'operator' })
  })

  test('changes users, whose sessions end', async () => {
    const person = await api.signUp()
    const { username } = person
    expect(await json(['disable-user', username])).toEqual({ userId: person.id, sessionsEnded: 1 })
    expect(await statusOf(api, person.token)).toBe(401)
    await json(['enable-user', username])
    const { token } = await api.signIn(username, password)
    expect(await json(['end-sessions', username])).toMatchObject({ sessionsEnded: 1 })
    expect(await statusOf(api, token)).toBe(401)
    await json(['set-password', username], { env: { ADMIN_PASSWORD: 'another password' } })
    await json(['set-role', username, 'admin'])
    const changed = await api.signIn(username, 'another password')
    expect((await api.call('GET /api/v1/users', { token: changed.token })).status).toBe(200)
  })

  test('rotates and withdraws keys', async () => {
    const current = ({ keys }: { keys: { id: string; use: string; current: boolean }[] }) =>
      keys.find(({ use, current }) => use === 'access tokens' && current)?.id ?? ''
    const before = current(await json(['list-keys']))
    const after = await json(['rotate-keys'])
    expect(JSON.stringify(after)).toContain(before)
    // The new key is published first, and signs when everybody has heard of it.
    api.runner.clock.advance(8 * 60_000)
    expect(current(await json(['list-keys']))).not.toBe(before)
    expect(JSON.stringify(after)).not.toMatch(/"(d|k|key|jwk)":/)
    expect(JSON.stringify(await json(['withdraw-key', before]))).not.toContain(before)
  })

  test.each([
    [['disable-user', 'nobody-at-all'], 'There is no user nobody-at-all'],
    [['disable-user', 'x'], 'Invalid command: /username must have 3 to 128'],
    [['set-role', 'grace', 'king'], `Invalid command: /role must be one of ${roles.join(', ')}`],
    [['withdraw-key', 'bogus'], 'There is no key bogus'],
    [['withdraw-key', `-${'u'.repeat(42)}`], 'There is no key -uuu'],
  ] as const)('says why %j is refused', async (given, complaint) => {
    const said = await admin(given)
    expect(said.status).toBe(1)
    expect(said.complaint).toContain(complaint)
  })

  test('says why a password is refused, without the password', async () => {
    for (const [secret, complaint] of [
      ['short', '/password must have at least 8 characters'],
      ['password1', '/password must not be a common password'],
      ['someone-new', '/password must not be the username'],
    ]) {
      const said = await admin(['create-admin', 'someone-new'], { input: `${secret}\n` })
      expect(said.status).toBe(1)
      expect(said.complaint).toContain(complaint)
    }
  })

  test('re-indexing fails where something is left for which lists are refused', async () => {
    const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
    const stored = (resource: string, records: readonly object[]) =>
      api.runner.invoke('admin', { command: 'import-batch', resource, records, asIs: true })
    const reindexed = async (...given: string[]) => (await admin(['reindex', ...given])).status
    const ids = [1, 2].map((number) => `01890000-0000-7000-8000-00000000000${number}`)
    expect(await reindexed('patrons')).toBe(0)
    await stored(
      'patrons',
      ids.map((id) => ({ item: { id, email: 'a@b.org', name: 'Ada', ...times } })),
    )
    expect([await reindexed('patrons'), await reindexed('patrons', '--check')]).toEqual([1, 0])
    // Of code that is newer.
    await stored('summits', [{ item: { name: 'k2', ...times }, version: 1 }])
    expect([await reindexed('summits'), await reindexed('summits', '--check')]).toEqual([1, 0])
  })

  test('the last admin stays', async () => {
    await json(['set-role', 'grace', 'member'])
    for (const { username } of await admins()) await admin(['disable-user', username])
    const said = await admin(['disable-user', 'admin'])
    expect(said).toMatchObject({
      status: 1,
      complaint: 'There must be at least one enabled admin.\n',
    })
  })

  async function admins(): Promise<{ username: string; role: string }[]> {
    // The key of the earlier token has been withdrawn.
    const { token } = await api.signIn('admin', password)
    const { body } = await api.call('GET /api/v1/users?limit=100', { token })
    const others = body.items.filter(({ username }: { username: string }) => username !== 'admin')
    return others.filter(({ role }: { role: string }) => role === 'admin')
  }

  test('leaves no socket behind', async () => {
    await stop()
    expect(existsSync(join(data, 'operator.sock'))).toBe(false)
    expect((await admin(['list-keys'])).complaint).toContain('no `npm start` is running')
  })
})

describe('with a deployed stack', () => {
  const log = join(scratch, 'aws.log')

  /** A stand-in for the AWS CLI, which writes down what it was called with. */
  function installAws(script: string): void {
    const file = join(tools, 'aws')
    writeFileSync(file, `#!${process.execPath}\n${script}`)
    chmodSync(file, 0o755)
  }

  test('says when there is no AWS CLI', async () => {
    const { status, complaint } = await admin(['list-keys', '--stage', 'dev'])
    expect(status).toBe(1)
    expect(complaint).toMatch(/needs the AWS CLI: https:\/\/docs\.aws\.amazon\.com/)
  })

  test('passes on what the AWS CLI complains of', async () => {
    installAws(`console.error('\\nUnable to locate credentials.'); process.exit(253)`)
    const { status, complaint } = await admin(['list-keys', '--stage', 'dev'])
    expect(status).toBe(1)
    expect(complaint).toBe('aws cloudformation describe-stacks: Unable to locate credentials.\n')
  })

  const cli = (answer: object, meta: object) => `
    const { appendFileSync, readFileSync, writeFileSync, statSync } = require('node:fs')
    const given = process.argv.slice(2)
    appendFileSync(${JSON.stringify(log)}, JSON.stringify(given) + '\\n')
    if (given[0] === 'cloudformation') console.log('portcullis-admin-function')
    else {
      const file = given[given.indexOf('--payload') + 1].slice('fileb://'.length)
      const mode = (statSync(file).mode & 0o777).toString(8)
      appendFileSync(${JSON.stringify(log)}, JSON.stringify({ file, mode, event: JSON.parse(readFileSync(file)) }))
      writeFileSync(given.at(-1), ${JSON.stringify(JSON.stringify(answer))})
      console.log(${JSON.stringify(JSON.stringify(meta))})
    }`

  test('invokes its function through IAM; the password stands in no argument', async () => {
    installAws(cli({ created: true, userId: '1' }, { StatusCode: 200 }))
    const said = await admin(['create-admin', 'ada', '--stage', 'prod'], { input: `${password}\n` })
    expect(said.complaint).toBe('')
    expect(JSON.parse(said.out)).toEqual({ created: true, userId: '1' })
    const [described, invoked, held] = readFileSync(log, 'utf8').split('\n')
    expect(JSON.parse(described ?? '')).toContain('Portcullis-prod')
    expect(JSON.parse(invoked ?? '')).toContain('portcullis-admin-function')
    for (const line of [described, invoked]) expect(line).not.toContain(password)
    const { file, mode, event } = JSON.parse(held ?? '')
    expect(event).toEqual({ command: 'create-admin', username: 'ada', password })
    expect(mode).toBe('600')
    expect(existsSync(file)).toBe(false)
  })

  test('tells the failure of the function', async () => {
    const failure = { errorType: 'Error', errorMessage: 'There is no user ada', trace: ['x'] }
    installAws(cli(failure, { StatusCode: 200, FunctionError: 'Unhandled' }))
    const said = await admin(['disable-user', 'ada', '--stage', 'dev'])
    expect(said).toMatchObject({ status: 1, out: '', complaint: 'There is no user ada\n' })
  })
})
