import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { slowness } from '../machine.ts'
import { type Part, parts } from './parts.ts'

const help = `Runs tests of \`npm test\` and \`npm run test:slow\` with many more repetitions.

  npm run test:full                     all of it
  npm run test:full -- races mutations  the parts whose names begin with one of these
  npm run test:full -- --of HEAD        one short part, chosen by the hash of the commit
  npm run test:full -- --of HEAD --list says which, and runs nothing

${parts.map(({ name, minutes, proves }) => `  ${name.padEnd(13)}${String(minutes).padStart(2)} min  ${proves}`).join('\n')}

Times are for two idle cores.
`

/** The minutes that every commit has time for. */
const few = 3

const root = join(import.meta.dirname, '../..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { of: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
})

if (values.help) process.stdout.write(help)
else {
  const chosen = values.of ? [partOf(values.of)] : named(positionals)
  if (chosen.length === 0) {
    process.stderr.write(`There is no part of that name.\n\n${help}`)
    process.exitCode = 1
  } else if (values.list) for (const { name } of chosen) say(name)
  else runAll(chosen)
}

function named(names: readonly string[]): Part[] {
  return parts.filter(
    ({ name }) => names.length === 0 || names.some((start) => name.startsWith(start)),
  )
}

/** A short part, chosen by the commit's hash, so that a history goes through all by chance. */
function partOf(commit: string): Part {
  const id = execFileSync('git', ['rev-parse', commit], { cwd: root, encoding: 'utf8' }).trim()
  const short = parts.filter(({ minutes, needsQuiet }) => minutes <= few && !needsQuiet)
  return short[Number.parseInt(id.slice(0, 8), 16) % short.length] as Part
}

function runAll(chosen: readonly Part[]): void {
  const minutes = chosen.reduce((sum, part) => sum + part.minutes, 0)
  say(`${chosen.map(({ name }) => name).join(', ')}: about ${minutes} min`)
  say(`on two idle cores, ${Math.ceil(minutes * slowness())} min on this machine as it is now\n`)
  const failed = chosen.filter((part) => !run(part))
  say(`\n${chosen.length - failed.length} passed, ${failed.length} failed`)
  for (const { name } of failed) say(styleText('red', `✗ ${name}`))
  process.exitCode = failed.length === 0 ? 0 : 1
}

function run({ name, proves, minutes, tests, program = [] }: Part): boolean {
  say(styleText('bold', `${name}: ${proves} (${minutes} min)`))
  const started = performance.now()
  const [command, args] = tests ? ['vitest', ['run', ...tests]] : [process.execPath, program]
  const { SLOWNESS: _, ...env } = process.env
  const { status } = spawnSync(command, args, {
    cwd: root,
    env: { ...env, FULL: '1' },
    stdio: 'inherit',
  })
  say(`${name}: ${((performance.now() - started) / 60_000).toFixed(1)} min\n`)
  return status === 0
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
