import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './failure.ts'

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
  const before = fingerprint(root, outdir)
  if (existsSync(file) && readFileSync(file, 'utf8') === before) return false
  await synthesize(root, outdir)
  writeFileSync(file, fingerprint(root, outdir))
  return true
}

/** Of the sources, and of the templates: another program may have written to `outdir` since. */
function fingerprint(root: string, outdir: string): string {
  const hash = createHash('sha256').update(process.version)
  const add = (path: string, name: string) => hash.update(name).update(readFileSync(path))
  for (const input of inputs) {
    const path = join(root, input)
    if (!existsSync(path)) continue
    if (!input.includes('.')) {
      for (const name of filesOf(root, input)) add(join(root, name), name)
    } else {
      add(path, input)
    }
  }
  if (existsSync(outdir)) {
    for (const name of readdirSync(outdir).sort()) {
      if (name.endsWith('.json') && name !== 'tree.json') add(join(outdir, name), name)
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

async function synthesize(root: string, outdir: string): Promise<void> {
  const child = spawn(process.execPath, [join('infra', 'app.ts')], {
    cwd: root,
    // The validation of templates takes seconds and belongs to `npm run synth`.
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', STAGE: 'local' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(-20_000)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const end = () => child.kill()
  process.once('exit', end)
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  process.off('exit', end)
  if (status !== 0) throw new Failure(`the build failed:\n${withoutStack(output)}`)
}

/** An error as a developer wants to read it: without the lines of the stack and Node's version. */
function withoutStack(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/^\s+at |^Node\.js v|^\s*$|^\s+\[cause\]|^}$/.test(line))
    .slice(0, 30)
    .join('\n')
}
