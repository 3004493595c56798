import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { tableId } from '../../../functions/config/environment.ts'
import type { Declaration } from '../../../functions/model/declaration.ts'
import { line } from '../../../functions/model/fields.ts'
import { resource } from '../../../functions/model/resource.ts'
import { invokeLocally } from '../../../infra/local/operator.ts'
import { recordName, writtenRecord } from '../../../infra/plan/deployed.ts'
import { recordOf } from '../../../infra/plan/record.ts'
import { jsonOf, until } from './fixture.ts'
import { makeProject, type Running, root, run, system } from './project.ts'

vi.setConfig({ testTimeout: 40_000 })

let directory: string
const running: Running[] = []

beforeAll(async () => {
  directory = makeProject('project')
})
afterEach(() => {
  for (const { process: child } of running.splice(0)) {
    const { pid, exitCode, signalCode } = child
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
  }
})

function begin(...parameters: Parameters<typeof run>): Running {
  const started = run(...parameters)
  running.push(started)
  return started
}

const quiet = ['--port', '0', '--no-watch']

describe('npm start', () => {
  test('builds, serves, shows a generated admin password once and in no log line', async () => {
    const first = begin(directory, quiet)
    const origin = await first.ready()
    expect((await fetch(`${origin}/x`)).status).toBe(200)
    const [, password = ''] = /admin {10}admin \/ (\S+)/.exec(first.output.stderr) ?? []
    expect(password.length).toBeGreaterThan(16)
    first.process.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    expect(first.output.stdout).toContain('creating admin')
    expect(first.output.stdout).not.toContain(password)

    const second = begin(directory, quiet)
    await second.ready()
    expect(second.output.stderr).toContain('build unchanged')
    expect(second.output.stderr).not.toMatch(/shown only once/)
    second.process.kill('SIGINT')
    expect(await second.exit).toBe(0)
  })

  test('a second one in the same checkout is refused, and the first serves on', async () => {
    const first = begin(directory, quiet)
    const origin = await first.ready()
    const second = begin(directory, quiet)
    expect(await second.exit).toBe(1)
    expect(second.output.stderr).toContain(`(process ${first.process.pid}): stop it`)
    const third = begin(directory, [...quiet, '--ephemeral'])
    await third.ready()
    expect((await fetch(`${origin}/x`)).status).toBe(200)
    expect(await invokeLocally(join(directory, '.local'), 'system', { path: '/x' })).toMatchObject({
      statusCode: 200,
    })
  })

  test('browsers may call from the origins of ALLOWED_ORIGINS, else of the template, and its own', async () => {
    const originsOf = async (env: Record<string, string>) => {
      const started = begin(directory, [...quiet, '--ephemeral'], env)
      const origin = await started.ready()
      const { origins } = await jsonOf(await fetch(`${origin}/x`))
      const own = [origin, origin.replace('127.0.0.1', 'localhost')]
      expect(origins.split(' ')).toEqual(expect.arrayContaining(own))
      return origins.split(' ').filter((one: string) => !own.includes(one))
    }
    expect(await originsOf({})).toEqual(['http://localhost:5173'])
    const given = ['http://a.example', 'https://b.example:8443']
    expect(await originsOf({ ALLOWED_ORIGINS: given.join(' ') })).toEqual(given)
    expect(await originsOf({ ALLOWED_ORIGINS: '' })).toEqual([])
  })

  test('what was acknowledged survives SIGKILL, and the engine ends with the runner', async () => {
    const first = begin(directory, quiet)
    const origin = await first.ready()
    for (const path of ['/1', '/2', '/3']) await fetch(origin + path, { method: 'PUT' })
    const engines = () =>
      execFileSync('sh', ['-c', `ps -eo args | grep -c "[d]ynoxide serve.*${directory}" || true`])
        .toString()
        .trim()
    expect(engines()).not.toBe('0')
    process.kill(first.process.pid ?? 0, 'SIGKILL')
    await first.exit
    await until(() => engines() === '0')
    const second = begin(directory, quiet)
    const next = await second.ready()
    for (const path of ['/1', '/2', '/3']) {
      expect(await jsonOf(await fetch(next + path))).toMatchObject({ stored: true })
    }
  })

  test('through npm, a signal to npm or to the group ends it with status 0', async () => {
    for (const target of ['npm', 'group'] as const) {
      const started = begin(directory, ['--', ...quiet, '--ephemeral'], {}, ['npm', 'start'])
      await started.ready()
      const pid = started.process.pid ?? 0
      process.kill(target === 'npm' ? pid : -pid, target === 'npm' ? 'SIGTERM' : 'SIGINT')
      expect([target, await started.exit]).toEqual([target, 0])
    }
  })

  test('a signal while it builds ends it with status 0', async () => {
    const own = makeProject('slow')
    const app = join(own, 'infra', 'app.ts')
    const wait = `import { writeFileSync } from 'node:fs'\nwriteFileSync('building', '')\nawait new Promise((resolve) => setTimeout(resolve, 60_000))\n`
    writeFileSync(app, wait + readFileSync(app, 'utf8'))
    const started = begin(own, [...quiet, '--ephemeral'])
    await until(() => existsSync(join(own, 'building')))
    process.kill(-(started.process.pid ?? 0), 'SIGINT')
    expect([await started.exit, started.output.stderr]).toEqual([0, ''])
    expect(existsSync(join(own, '.local'))).toBe(false)
  })

  test('ends the compiler that checks the types beside it', async () => {
    const own = makeProject('typed')
    const modules = join(own, 'node_modules')
    rmSync(modules)
    mkdirSync(modules)
    for (const name of readdirSync(join(root, 'node_modules')).filter((n) => !n.startsWith('.')))
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
    // All files of infra: more than can be checked before the signal comes.
    const types = { extends: join(root, 'tsconfig.json'), include: [join(root, 'infra')] }
    writeFileSync(join(own, 'tsconfig.json'), JSON.stringify(types))
    const started = begin(own, ['--port', '0', '--ephemeral'])
    await started.ready()
    await new Promise((resolve) => setTimeout(resolve, 300))
    started.process.kill('SIGTERM')
    expect(await started.exit).toBe(0)
    // The type check would have kept there what it knows.
    expect(existsSync(join(modules, '.cache', 'types.tsbuildinfo'))).toBe(false)
  })

  test('a request in flight is answered before it ends', async () => {
    const started = begin(directory, [...quiet, '--ephemeral'])
    const origin = await started.ready()
    await fetch(`${origin}/warm`)
    const answer = fetch(`${origin}/slow`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    started.process.kill('SIGTERM')
    expect((await answer).status).toBe(200)
    expect(await started.exit).toBe(0)
  })

  test('names the admin from the environment, and never prints that password', async () => {
    const ADMIN_PASSWORD = 'correct horse battery'
    const env = { ADMIN_USERNAME: 'root', ADMIN_PASSWORD }
    const started = begin(directory, [...quiet, '--ephemeral', '--pretty'], env)
    await started.ready()
    started.process.kill('SIGTERM')
    await started.exit
    expect(started.output.stdout).toContain('creating root')
    expect(started.output.stdout + started.output.stderr).not.toContain(ADMIN_PASSWORD)
  })

  test('rebuilds and reloads on change; a broken build leaves the old one serving', async () => {
    const own = makeProject('watched')
    const started = begin(own, ['--port', '0', '--ephemeral'])
    const origin = await started.ready()
    const greeting = async () => (await jsonOf(await fetch(`${origin}/x`))).greeting
    expect(await greeting()).toBe('hello')
    const app = join(own, 'infra', 'app.ts')
    const source = readFileSync(app, 'utf8')
    writeFileSync(app, `${source}\nthrow new Error('broken stack')`)
    await until(() => started.output.stderr.includes('still serving the previous build'))
    expect(started.output.stderr).toContain('broken stack')
    expect(await greeting()).toBe('hello')
    writeFileSync(app, source)
    writeFileSync(join(own, 'functions', 'system', 'index.mjs'), system('goodbye'))
    await until(async () => (await greeting()) === 'goodbye')
    expect(existsSync(join(own, '.local'))).toBe(false)
  })
})

test('an edit of a function is served without a synthesis; one that fails is made good by the next', async () => {
  const own = makeProject('rebundled')
  const log = join(own, 'syntheses')
  const app = join(own, 'infra', 'app.ts')
  const count = `import { appendFileSync } from 'node:fs'\nappendFileSync('syntheses', '.')\n`
  writeFileSync(app, count + readFileSync(app, 'utf8'))
  const program = join(own, 'infra', 'rebundle.ts')
  const fails = `import { existsSync } from 'node:fs'\nif (existsSync('broken')) throw new Error('no bundle today')\n`
  writeFileSync(program, fails + readFileSync(program, 'utf8'))
  const started = begin(own, ['--port', '0', '--ephemeral'])
  const origin = await started.ready()
  const greeting = async () => (await jsonOf(await fetch(`${origin}/x`))).greeting
  const write = (text: string) =>
    writeFileSync(join(own, 'functions', 'system', 'index.mjs'), system(text))
  // A function that no request has come to yet is not bundled.
  writeFileSync(join(own, 'broken'), '')
  expect((await fetch(`${origin}/x`)).status).toBe(502)
  await until(() => started.output.stdout.includes('no bundle today'))
  rmSync(join(own, 'broken'))
  expect(await greeting()).toBe('hello')
  write('goodbye')
  await until(async () => (await greeting()) === 'goodbye')
  writeFileSync(join(own, 'broken'), '')
  write('later')
  await until(() => started.output.stderr.includes('no bundle today'))
  expect(await greeting()).toBe('goodbye')
  rmSync(join(own, 'broken'))
  writeFileSync(
    join(own, 'functions', 'admin', 'index.mjs'),
    readFileSync(join(own, 'functions', 'admin', 'index.mjs')),
  )
  await until(async () => (await greeting()) === 'later')
  expect(readFileSync(log, 'utf8')).toBe('.')
})

test('what a changed declaration opens over stored items is refused until it is named', async () => {
  const own = makeProject('declared')
  const app = join(own, 'infra', 'app.ts')
  const source = readFileSync(app, 'utf8')
  const declare = (access: Declaration['access']) => {
    const things = resource({
      name: 'things',
      singular: 'thing',
      fields: { title: line(1, 9) },
      ...(access && { access }),
    })
    const record = writtenRecord(recordOf([things]))
    const table = `table.node.defaultChild.overrideLogicalId('${tableId('things')}')\n`
    const metadata = `stack.addMetadata('${recordName}', '${record}')\n`
    writeFileSync(app, source.replace('stack.node.root.synth()', `${table}${metadata}$&`))
  }
  const served = async (...flags: string[]) => {
    const started = begin(own, [...quiet, ...flags])
    return { started, origin: await started.ready() }
  }
  declare({ member: ['read'] })
  const first = await served()
  await fetch(`${first.origin}/kept`, { method: 'PUT' })
  first.started.process.kill('SIGTERM')
  await first.started.exit
  declare({ public: ['read'] })
  const refused = begin(own, quiet)
  expect(await refused.exit).toBe(1)
  expect(refused.output.stderr).toMatch(
    /! things: everybody, without a token, may list, read: over 1 stored item\. To go on: --widen things\nNothing was changed\. To go on: npm start -- --widen things/,
  )
  const { started, origin } = await served('--widen', 'things')
  expect(started.output.stderr).toContain('! things: everybody, without a token, may list, read')
  expect((await jsonOf(await fetch(`${origin}/kept`))).stored).toBe(true)
})

describe('one clear message and status 1', () => {
  const failing = async (...parameters: Parameters<typeof run>) => {
    const started = begin(...parameters)
    expect(await started.exit).toBe(1)
    expect(started.output.stderr).not.toMatch(/^\s+at /m)
    return started.output.stderr
  }

  test('when the port is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const message = await failing(directory, ['--ephemeral'], { PORT: String(port) })
    expect(message).toContain(`port ${port} is taken`)
    server.close()
  })

  test('when an option is unknown or the port is none', async () => {
    expect(await failing(directory, ['--nonsense'])).toContain('--nonsense')
    expect(await failing(directory, ['--port', 'x'])).toContain('x is not a port')
    const env = { ALLOWED_ORIGINS: 'http://localhost:5173/' }
    expect(await failing(directory, quiet, env)).toContain(
      'ALLOWED_ORIGINS: http://localhost:5173/',
    )
  })

  test('when the admin is refused', async () => {
    const env = { ADMIN_PASSWORD: 'short' }
    expect(await failing(directory, [...quiet, '--ephemeral'], env)).toContain('too short')
  })

  test('when the build is broken', async () => {
    const broken = makeProject('broken')
    writeFileSync(join(broken, 'infra', 'app.ts'), "throw new Error('no such stack')")
    expect(await failing(broken, quiet)).toContain('The build failed: no such stack\n')
    writeFileSync(join(broken, 'infra', 'app.ts'), 'console.log(books)')
    expect(await failing(broken, quiet)).toContain('failed: infra/app.ts:1: books is not defined')
  })
})

test('--help answers without starting anything', async () => {
  const started = begin(directory, ['--help'])
  expect(await started.exit).toBe(0)
  expect(started.output.stdout).toContain('--ephemeral')
  expect(started.output.stdout).toContain('--widen <resource>')
})
