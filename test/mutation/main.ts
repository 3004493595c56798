import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { type Copy, copyProject } from '../copy.ts'
import { authMutations } from './auth-mutations.ts'
import { crudMutations } from './crud-mutations.ts'
import { type Mutation, mutations } from './mutations.ts'

/**
 * `npm run test:mutation [words]`: opens each hole in a copy of the project and runs the tests that
 * must notice. Fails when a hole stays unnoticed, or when its place in the source is gone.
 */
const words = process.argv.slice(2).join(' ')
const chosen = [...mutations, ...authMutations, ...crudMutations].filter(({ hole, file }) =>
  `${file} ${hole}`.includes(words),
)
const queue = [...chosen]
let survivors = 0

console.log(`${chosen.length} holes`)
await Promise.all([work(), work()])
console.log(`\n${chosen.length - survivors} passed, ${survivors} failed`)
process.exitCode = survivors === 0 ? 0 : 1

/** One of two workers, each with a copy of its own. */
async function work(): Promise<void> {
  const copy = copyProject(['test', 'vitest.config.ts', 'README.md', 'openapi.json'])
  try {
    for (let mutation = queue.shift(); mutation; mutation = queue.shift()) {
      const verdict = await attempt(copy, mutation)
      if (verdict !== 'noticed') survivors += 1
      const mark =
        verdict === 'noticed' ? styleText('green', '✓') : styleText('red', `✗ ${verdict}:`)
      console.log(`${mark} ${mutation.hole} ${styleText('dim', mutation.file)}`)
    }
  } finally {
    copy.remove()
  }
}

async function attempt(copy: Copy, { file, from, to, tests }: Mutation): Promise<string> {
  const path = join(copy.directory, file)
  const source = readFileSync(path, 'utf8')
  if (source.split(from).length !== 2) return 'its place in the source is not found'
  writeFileSync(
    path,
    source.replace(from, () => to),
  )
  try {
    const output = await runTests(copy, tests)
    // A test must have failed: a copy that does not build proves nothing.
    if (/Tests .*\d+ failed/.test(output)) return 'noticed'
    return /Tests .*\d+ passed/.test(output) ? 'unnoticed' : `no test ran\n${output.slice(-2000)}`
  } finally {
    writeFileSync(path, source)
  }
}

function runTests(copy: Copy, tests: readonly string[]): Promise<string> {
  const args = ['run', '--bail', '1', '--no-color', ...tests]
  const child = spawn('vitest', args, { cwd: copy.directory, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}
