import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { type Copy, copyProject } from '../copy.ts'
import { workers } from '../machine.ts'
import { allMutations } from './all.ts'
import type { Mutation } from './mutations.ts'
import { failedTests, type Report } from './report.ts'

const help = `Opens holes in a copy of the source and runs the tests that must notice.

  npm run test:mutation -- [words of the hole or of its file] [--shard 1/4]

The tests run once without a hole, when all must pass. A hole counts as noticed when a test fails for a
reason other than a timeout. Fails when a hole is not noticed, or when the code that it replaces is no
longer in the source.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { shard: { type: 'string', default: '1/1' }, help: { type: 'boolean' } },
})
process.exitCode = values.help ? tell(help) : await openHoles()

function tell(text: string): number {
  process.stdout.write(text)
  return 0
}

async function openHoles(): Promise<number> {
  const [shard = 1, shards = 1] = values.shard.split('/').map(Number)
  const chosen = allMutations
    .filter(({ hole, file }) => `${file} ${hole}`.includes(positionals.join(' ')))
    .filter((_, index) => index % shards === shard - 1)
  console.log(`${chosen.length} holes`)
  const copies = Array.from({ length: workers }, () =>
    copyProject(['test', 'bench/engine.ts', 'vitest.config.ts', 'README.md', 'openapi.json']),
  )
  try {
    const [copy] = copies as [Copy]
    await passWithout(copy, [...new Set(chosen.flatMap(({ tests }) => tests))])
    const queue = [...chosen]
    const survivors = await Promise.all(copies.map((own) => work(own, queue)))
    const failed = survivors.reduce((sum, count) => sum + count, 0)
    console.log(`\n${chosen.length - failed} passed, ${failed} failed`)
    return failed === 0 ? 0 : 1
  } finally {
    for (const copy of copies) copy.remove()
  }
}

/** @throws Error naming the tests that fail while no hole is open */
async function passWithout(copy: Copy, tests: readonly string[]): Promise<void> {
  const { testResults } = await run(copy, tests)
  const failing = testResults.filter(({ status }) => status !== 'passed').map(({ name }) => name)
  if (failing.length > 0) throw new Error(`Without a hole these fail: ${failing.join(', ')}`)
}

/** One of the workers, with a copy of its own. @returns the number of holes that were not noticed */
async function work(copy: Copy, queue: Mutation[]): Promise<number> {
  let survivors = 0
  for (let mutation = queue.shift(); mutation; mutation = queue.shift()) {
    const fault = await attempt(copy, mutation)
    if (fault) survivors += 1
    const mark = fault ? styleText('red', `✗ ${fault}:`) : styleText('green', '✓')
    console.log(`${mark} ${mutation.hole} ${styleText('dim', mutation.file)}`)
  }
  return survivors
}

/** @returns why the hole does not count as noticed, if it does not */
async function attempt(
  copy: Copy,
  { file, from, to, tests }: Mutation,
): Promise<string | undefined> {
  const path = join(copy.directory, file)
  const source = readFileSync(path, 'utf8')
  if (source.split(from).length !== 2) return 'its place in the source is not found'
  const changed = source.replace(from, () => to)
  writeFileSync(path, changed)
  try {
    const failed = failedTests(await run(copy, tests, '--bail', '1'))
    // A name that is new is that of a test that is made from what the code does.
    if (failed.some(({ timedOut }) => !timedOut)) return undefined
    return failed.length > 0 ? 'a test ran out of time, which proves nothing' : 'unnoticed'
  } catch (error) {
    // A copy that does not build proves nothing.
    return (error as Error).message
  } finally {
    writeFileSync(path, source)
  }
}

async function run(copy: Copy, tests: readonly string[], ...more: string[]): Promise<Report> {
  const outputFile = join(copy.directory, 'report.json')
  rmSync(outputFile, { force: true })
  const args = ['run', '--reporter=json', `--outputFile=${outputFile}`, ...more, ...tests]
  const env = { ...process.env, TEST_BUILDS: join(copy.directory, 'builds') }
  const child = spawn('vitest', args, {
    cwd: copy.directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-4000)
    })
  await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  try {
    return JSON.parse(readFileSync(outputFile, 'utf8')) as Report
  } catch {
    throw new Error(`no test ran:\n${output}`)
  }
}
