import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Build, openBuild } from './build.ts'
import { openOperatorDoor } from './operator.ts'
import { help, readOptions } from './options.ts'
import type { Served } from './serve.ts'
import { messageOf, say, stepTeller } from './terminal.ts'
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
  const build = openBuild(root, assembly, { whole: !options.watch })
  // The server is loaded meanwhile: Node strips the types of many files.
  const [built, { serve }] = await Promise.all([build.synthesize(), import('./serve.ts')])
  step(built ? 'built and synthesized' : 'build unchanged')
  const served = await serve(assembly, options, build.codeOf, door, step)
  stops.push(() => served.stop())
  if (!options.watch) return
  const types = typeChecker(root)
  stops.push(types.stop)
  types.check()
  const ignored = join('infra', 'local')
  // Files of a build that failed wait here for the next one.
  const pending = new Set<string>()
  const onChange = async (files: readonly string[]) => {
    types.stop()
    for (const file of files) pending.add(file)
    if (await rebuild(build, served, [...pending])) pending.clear()
    types.check()
  }
  stops.push(watchDirectories(root, ['functions', 'infra'], ignored, onChange))
}

/** Serves the changed sources. Answers whether all is well. */
async function rebuild(build: Build, served: Served, files: readonly string[]): Promise<boolean> {
  const started = performance.now()
  try {
    const changed = await build.update(files)
    if (changed.length === 0) return true
    await served.reload(changed)
    say(`reloaded after ${Math.round(performance.now() - started)} ms`)
    return true
  } catch (error) {
    say(messageOf(error))
    say('still serving the previous build')
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
