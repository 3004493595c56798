import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reindexAll } from '../reindex/reindex-all.ts'
import { type AdminAccount, ensureAdmin } from './admin-account.ts'
import { buildAssembly, bundleChanged } from './build.ts'
import { stdoutLog } from './logs.ts'
import { type OperatorDoor, openOperatorDoor } from './operator.ts'
import { help, type Options, readOptions } from './options.ts'
import { prettyLine } from './pretty.ts'
import { type Runner, startRunner } from './runner.ts'
import { heldBack, introduce, messageOf, say, stepTeller } from './terminal.ts'
import { typeChecker } from './types.ts'
import { watchDirectories } from './watch.ts'

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '')
const assembly = join(root, 'cdk.out')

async function main(): Promise<void> {
  const options = readOptions(root)
  if (options === undefined) return void process.stdout.write(help)
  // Lambda's clock is UTC; a worker thread takes its time zone from the process.
  process.env.TZ = 'UTC'
  const stops: (() => unknown)[] = []
  leaveOnSignal(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })
  const door = options.dataDir === undefined ? undefined : await openOperatorDoor(options.dataDir)
  stops.push(() => door?.close())
  const step = stepTeller()
  const built = await buildAssembly(root, assembly)
  step(built ? 'built and synthesized' : 'build unchanged')
  const runner = await serve(options, door, step)
  stops.push(() => runner.stop())
  if (!options.watch) return
  const types = typeChecker(root)
  stops.push(types.stop)
  types.check()
  const ignored = join('infra', 'local')
  // Of a build that failed the next one makes good.
  const pending = new Set<string>()
  const onChange = async (files: readonly string[]) => {
    types.stop()
    for (const file of files) pending.add(file)
    if (await rebuild(runner, [...pending])) pending.clear()
    types.check()
  }
  stops.push(watchDirectories(root, ['functions', 'infra'], ignored, onChange))
}

/** Starts the runner, with its first admin, and introduces it. */
async function serve(
  { port, dataDir, pretty, allowedOrigins, accepted }: Options,
  door: OperatorDoor | undefined,
  onStep: (step: string) => void,
): Promise<Runner> {
  const { log, release } = heldBack(stdoutLog(pretty ? prettyLine : undefined))
  let admin: AdminAccount | undefined
  try {
    const runner = await startRunner({
      ...{ assembly, port, log, onStep, sourceMaps: join(root, 'dist') },
      ...{ direct: true, successive: true, accepted, say },
      ...(dataDir !== undefined && { dataDir }),
      parameters: (origin, defaults) => ({
        PublicUrl: origin,
        AllowedOrigins: [allowedOrigins ?? defaults.AllowedOrigins ?? [], ownOrigins(origin)]
          .flat()
          .join(' '),
      }),
      beforeServing: async (starting) => {
        admin = await ensureAdmin(starting, dataDir)
        onStep('admin account')
        await reindexAll(operatorOf(starting), say, progress)
      },
    })
    door?.serve(runner)
    if (admin !== undefined) introduce(runner.origin, admin)
    return runner
  } finally {
    release()
  }
}

/** A line that is written over. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`)
}

function operatorOf(runner: Runner): (command: object) => Promise<unknown> {
  return (command) => runner.invoke('admin', command)
}

/** Both names of this machine: a page at one of them is as good as at the other. */
function ownOrigins(origin: string): readonly string[] {
  return [origin, origin.replace('127.0.0.1', 'localhost')]
}

/** Serves the changed sources. Answers whether all is well. */
async function rebuild(runner: Runner, files: readonly string[]): Promise<boolean> {
  const started = performance.now()
  try {
    const bundles = await bundleChanged(root, assembly, files)
    if (bundles === undefined && !(await buildAssembly(root, assembly))) return true
    if (bundles !== undefined && Object.keys(bundles).length === 0) return true
    await runner.reload(assembly, bundles)
    await reindexAll(operatorOf(runner), say, progress)
    say(`reloaded after ${Math.round(performance.now() - started)} ms`)
    return true
  } catch (error) {
    say(messageOf(error))
    say('the former build serves on')
    return false
  }
}

let leaving = false

/** Stops what has been started and leaves with status 0, however many signals come. */
function leaveOnSignal(stop: () => Promise<void>): void {
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

try {
  await main()
} catch (error) {
  // What a signal interrupts fails, and that is no fault.
  if (!leaving) {
    say(messageOf(error))
    process.exit(1)
  }
}
