import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, styleText } from 'node:util'
import { type AdminAccount, ensureAdmin } from './admin-account.ts'
import { buildAssembly } from './build.ts'
import { Failure } from './failure.ts'
import { stdoutLog } from './logs.ts'
import { serveOperator } from './operator.ts'
import { prettyLine } from './pretty.ts'
import { type Runner, startRunner } from './runner.ts'
import { watchDirectories } from './watch.ts'

const help = `Serves the synthesized stack on this machine, without AWS.

  npm start -- [options]

  --port <n>    the port at 127.0.0.1 (default: $PORT, else 3000; 0: any free one)
  --ephemeral   keep everything in memory; without it data lives in .local/
  --pretty      log lines for people rather than JSON
  --no-watch    do not rebuild when functions/ or infra/ change
  --help        this text

  ADMIN_USERNAME, ADMIN_PASSWORD   the first admin (default: admin, and a generated password)
  AWS_ENDPOINT_URL_DYNAMODB        another DynamoDB engine than dynoxide
`

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '')
const assembly = join(root, 'cdk.out')
const started = performance.now()

interface Options {
  port: number
  dataDir: string | undefined
  pretty: boolean
  watch: boolean
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

let stepStarted = started
function step(name: string): void {
  const ms = Math.round(performance.now() - stepStarted)
  stepStarted = performance.now()
  say(`${styleText('green', '✓', { stream: process.stderr })} ${name.padEnd(28)} ${ms} ms`)
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      ephemeral: { type: 'boolean' },
      pretty: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: true },
      help: { type: 'boolean' },
    },
    allowNegative: true,
  })
  if (values.help) return undefined
  const port = Number(values.port ?? (process.env.PORT || 3000))
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Failure(`${values.port ?? process.env.PORT} is not a port`)
  }
  const dataDir = values.ephemeral ? undefined : join(root, '.local')
  return { port, dataDir, pretty: values.pretty, watch: values.watch }
}

/** Stops what has been started and leaves with status 0, however many signals come. */
function leaveOnSignal(stop: () => Promise<void>): void {
  let leaving = false
  const leave = () => {
    if (leaving) return
    leaving = true
    stop().then(
      () => process.exit(0),
      () => process.exit(0),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave)
}

async function rebuild(runner: Runner): Promise<void> {
  try {
    if (!(await buildAssembly(root, assembly))) return
    await runner.reload(assembly)
    say('reloaded')
  } catch (error) {
    say(messageOf(error))
    say('the former build serves on')
  }
}

function introduce(origin: string, admin: AdminAccount | undefined): void {
  const username = admin?.username ?? process.env.ADMIN_USERNAME ?? 'admin'
  const { generatedPassword } = admin ?? {}
  const given = process.env.ADMIN_PASSWORD ? '$ADMIN_PASSWORD' : '<password>'
  const body = JSON.stringify({ username, password: generatedPassword ?? given })
  // Double quotes where the shell must put in the password from the environment.
  const quoted = given.startsWith('$') ? `"${body.replaceAll('"', '\\"')}"` : `'${body}'`
  say('')
  say(`Portcullis is ready at ${origin} after ${Math.round(performance.now() - started)} ms`)
  say(`  documentation  ${origin}/docs`)
  if (generatedPassword !== undefined) {
    say(`  admin          ${username} / ${generatedPassword}   (shown this once)`)
  } else if (admin !== undefined && !admin.created) {
    say(`  admin          ${username} exists already; the password is unchanged`)
  }
  say('')
  say(`  TOKEN=$(curl -s ${origin}/api/v1/auth/login -H 'Content-Type: application/json' \\`)
  say(`    -d ${quoted} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`)
  say(`  curl -s ${origin}/api/v1/students -H "Authorization: Bearer $TOKEN"`)
  say('')
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options === undefined) {
    process.stdout.write(help)
    return
  }
  // Lambda's clock is UTC; a worker thread takes its time zone from the process.
  process.env.TZ = 'UTC'
  let runner: Runner | undefined
  let unwatch = () => {}
  let leaveOperator = async () => {}
  leaveOnSignal(async () => {
    unwatch()
    await leaveOperator()
    await runner?.stop()
  })
  const built = await buildAssembly(root, assembly)
  step(built ? 'built and synthesized' : 'build unchanged')
  let admin: AdminAccount | undefined
  const ready = await startRunner({
    assembly,
    port: options.port,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    parameters: (origin) => ({ PublicUrl: origin }),
    log: stdoutLog(options.pretty ? prettyLine : undefined),
    onStep: step,
    beforeServing: async (starting) => {
      admin = await ensureAdmin(starting, options.dataDir)
      step('admin account')
    },
  })
  runner = ready
  if (options.dataDir !== undefined) leaveOperator = await serveOperator(ready, options.dataDir)
  introduce(ready.origin, admin)
  if (options.watch) {
    const ignored = join('infra', 'local')
    unwatch = watchDirectories(root, ['functions', 'infra'], ignored, () => rebuild(ready))
  }
}

function messageOf(error: unknown): string {
  const { code, message, stack } = error as NodeJS.ErrnoException
  const expected = error instanceof Failure || code?.startsWith('ERR_PARSE_ARGS')
  return styleText('red', expected ? message : (stack ?? message), { stream: process.stderr })
}

try {
  await main()
} catch (error) {
  say(messageOf(error))
  process.exit(1)
}
