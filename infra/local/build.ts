import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compiled } from './compiled.ts'
import { Failure } from './failure.ts'
import { readJson } from './files.ts'

/** What the assembly is made from. The runner itself is no part of it. */
const inputs = [
  'functions',
  'infra',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
  'cdk.json',
]
const notInputs = join('infra', 'local')

/**
 * Builds the bundles and synthesizes the stack into `outdir`, unless nothing that they depend on
 * has changed since the last time. Answers whether it built.
 */
export async function buildAssembly(root: string, outdir: string): Promise<boolean> {
  const file = join(outdir, '.fingerprint')
  const sources = sourcesHash(root)
  const fingerprint = () => `${sources} ${templatesHash(outdir)}`
  if (existsSync(file) && readFileSync(file, 'utf8') === fingerprint()) return false
  await synthesize(root, outdir)
  // With the hash from before the build: a change made meanwhile may have been missed.
  writeFileSync(file, fingerprint())
  return true
}

function sourcesHash(root: string): string {
  const hash = createHash('sha256').update(process.version)
  for (const input of inputs) {
    if (!existsSync(join(root, input))) continue
    for (const name of input.includes('.') ? [input] : filesOf(root, input))
      hash.update(name).update(readFileSync(join(root, name)))
  }
  return hash.digest('hex')
}

/** Another program may have written to `outdir` since. */
function templatesHash(outdir: string): string {
  const hash = createHash('sha256')
  if (existsSync(outdir)) {
    for (const name of readdirSync(outdir).sort()) {
      if (name.endsWith('.json') && name !== 'tree.json')
        hash.update(name).update(readFileSync(join(outdir, name)))
    }
  }
  return hash.digest('hex')
}

function filesOf(root: string, directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((name) => !name.startsWith(notInputs))
    .sort()
}

/**
 * Bundles again the functions that are made from these changed files, unless the template depends
 * on the files.
 * @returns the directory of each such function; `undefined`: the stack must be synthesized
 */
export async function bundleChanged(
  root: string,
  outdir: string,
  files: readonly string[],
): Promise<Readonly<Record<string, string>> | undefined> {
  const program = join('infra', 'rebundle.ts')
  const inputs = readJson<readonly string[]>(join(outdir, '.inputs'))
  if (inputs === undefined || !existsSync(join(root, program))) return undefined
  if (files.some((file) => inputs.includes(file))) return undefined
  const output = await run(root, [program, ...files], {})
  return (JSON.parse(output) as Readonly<Record<string, string>> | null) ?? undefined
}

async function synthesize(root: string, outdir: string): Promise<void> {
  const recorder = pathToFileURL(join(import.meta.dirname, 'record-inputs.ts')).href
  await run(root, ['--import', recorder, join('infra', 'app.ts')], {
    // The validation of templates takes seconds and belongs to `npm run synth`.
    ...{ CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', STAGE: 'local' },
    // Keeping what was compiled of the CDK takes longer than compiling it.
    NODE_DISABLE_COMPILE_CACHE: '1',
  })
}

/** Runs a program of the project and answers what it writes to standard output. */
async function run(root: string, parameters: string[], env: Record<string, string>) {
  const cache = { NODE_COMPILE_CACHE: compiled }
  const child = spawn(process.execPath, parameters, {
    cwd: root,
    env: { ...process.env, ...cache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [answer, complaint] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    answer += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-20_000)
  })
  const end = () => child.kill()
  process.once('exit', end)
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  process.off('exit', end)
  if (status !== 0) throw new Failure(`The build failed: ${explain(complaint || answer, root)}`)
  return answer
}

/**
 * What a developer wants to read of a program that failed: the faults that the bundler found, or
 * the error and, unless somebody threw it on purpose, its place.
 */
function explain(output: string, root: string): string {
  const faults = output.match(/^\S+:\d+:\d+: ERROR: .*$/gm)
  if (faults) return faults.join('\n')
  const lines = output.split('\n')
  const start = lines.findIndex((line) => /^\w*(Error|Failure)( \[\w+\])?: /.test(line))
  if (start < 0) return output
  const end = lines.findIndex((line, index) => index > start && /^(\s+at .*|)$/.test(line))
  const error = lines
    .slice(start, end < 0 ? undefined : end)
    .join('\n')
    .replace(/^.*?: /, '')
  const [, url, number, source = ''] = /^(file:\S+?):(\d+)\n(.*)$/m.exec(output) ?? []
  if (url === undefined || source.includes('throw ')) return error
  return `${relative(root, fileURLToPath(url))}:${number}: ${error}`
}
