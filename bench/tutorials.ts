import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../infra/bundle.ts'

/** A server of students, posts or mountains, for clients that have a token. */
export interface Server {
  readonly name: string
  readonly origin: string
  readonly token: string
  /** The paths of the collection and of one item. */
  readonly collection: string
  readonly item: string
  stop(): Promise<void> | void
}

interface Tutorial {
  readonly name: string
  readonly modules: string
  readonly command: (port: number) => readonly string[]
  readonly secret: string | Buffer
  readonly postgres?: true
}

/** Debian's Python, which has these packages, even if another comes first on the PATH. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

const gunicorn = (app: string) => (port: number) =>
  [
    'gunicorn',
    '--workers',
    '1',
    '--bind',
    `127.0.0.1:${port}`,
    '--log-level',
    'error',
    app,
  ] as const

/** The tutorials' own stacks, with one worker each. */
const tutorials: readonly Tutorial[] = [
  {
    name: 'Falcon + SQLite, gunicorn',
    modules: 'falcon, sqlobject, jwt, gunicorn',
    command: gunicorn('falcon_students:app'),
    secret: 'secret',
  },
  {
    name: 'FastAPI, uvicorn',
    modules: 'fastapi, jwcrypto, uvicorn',
    command: (port) => [
      'uvicorn',
      '--port',
      `${port}`,
      '--no-access-log',
      '--log-level',
      'error',
      'fastapi_pages:app',
    ],
    secret: Buffer.from('c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', 'base64url'),
  },
  {
    name: 'Flask-RESTful, gunicorn',
    modules: 'flask_restful, jwt, gunicorn',
    command: gunicorn('flask_mountain:app'),
    secret: 'super-secret',
  },
  {
    name: 'Flask + Postgres, gunicorn',
    modules: 'flask_sqlalchemy, psycopg2, bcrypt, flask_restful, jwt, gunicorn',
    command: gunicorn('flask_posts:app'),
    secret: 'Ill never tell',
    postgres: true,
  },
]

/** Starts the tutorials whose packages are installed, and says which are not. */
export async function startTutorials(): Promise<Server[]> {
  const servers: Server[] = []
  for (const tutorial of tutorials) {
    const { error, status } = spawnSync(python, ['-c', `import ${tutorial.modules}`])
    if (error || status !== 0) skip(tutorial.name, `python3 has not all of ${tutorial.modules}`)
    else if (tutorial.postgres && !postgresPrograms()) skip(tutorial.name, 'there is no PostgreSQL')
    else servers.push(await start(tutorial))
  }
  return servers
}

function skip(name: string, why: string): void {
  console.error(`Skipped: ${name} (${why})`)
}

async function start({ name, command, secret, postgres }: Tutorial): Promise<Server> {
  const database = postgres && (await startPostgres())
  const port = await freePort()
  const child = spawn(python, ['-m', ...command(port)], {
    cwd: join(root, 'bench', 'tutorials'),
    env: { ...process.env, DATABASE_URL: database?.url, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const origin = `http://127.0.0.1:${port}`
  await answering(origin, child)
  const stop = async () => {
    child.kill()
    await new Promise((resolve) => child.once('exit', resolve))
    database?.stop()
  }
  const token = sharedKeyToken(secret, { identity: 1, user_id: 1 })
  return { name, origin, token, collection: '/students', item: '/students/1', stop }
}

function sharedKeyToken(secret: string | Buffer, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

function postgresPrograms(): string | undefined {
  const versions = '/usr/lib/postgresql'
  if (!existsSync(versions)) return undefined
  return readdirSync(versions)
    .map((version) => join(versions, version, 'bin'))
    .findLast((programs) => existsSync(join(programs, 'initdb')))
}

/** A database cluster of its own, in a temporary directory. */
async function startPostgres(): Promise<{ url: string; stop(): void }> {
  const programs = postgresPrograms() ?? ''
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-postgres-'))
  const port = await freePort()
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []
  if (user.length > 0) execFileSync('chown', ['postgres', directory])
  const run = (program: string, ...args: string[]) => {
    const [first = '', ...rest] = [...user, join(programs, program), ...args]
    execFileSync(first, rest, { stdio: 'ignore', cwd: directory })
  }
  run('initdb', '--auth', 'trust', '--username', 'bench', '--pgdata', join(directory, 'data'))
  const options = `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1`
  run(
    'pg_ctl',
    'start',
    '--wait',
    '-D',
    join(directory, 'data'),
    '-o',
    options,
    '-l',
    join(directory, 'log'),
  )
  return {
    url: `postgresql://bench@127.0.0.1:${port}/postgres`,
    stop() {
      run('pg_ctl', 'stop', '-D', join(directory, 'data'), '-m', 'immediate')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function answering(origin: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${child.exitCode}`)
    if (await fetch(origin).catch(() => undefined)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${origin} does not answer`)
}
