import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../bundle.ts'

/** Where the tools and what they work on lie; Git ignores it. */
export const folder = join(root, '.verify')

const requirements = join(import.meta.dirname, 'requirements.txt')

/** Something that the machine lacks: the step is skipped, and the reason is said. */
export class Missing extends Error {}

/** Installs the pinned tools where they are missing or others, and answers where they are. */
export function installTools(): string {
  const bin = join(folder, 'venv', 'bin')
  const mark = join(folder, 'venv', 'installed.txt')
  const wanted = readFileSync(requirements, 'utf8')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return bin
  mkdirSync(folder, { recursive: true })
  must('python3', ['-m', 'venv', join(folder, 'venv')], 'Python 3.11 or newer with venv')
  must(join(bin, 'pip'), ['install', '--quiet', '-r', requirements], 'packages from PyPI')
  writeFileSync(mark, wanted)
  return bin
}

function must(command: string, parameters: readonly string[], need: string): void {
  const { status, error, stderr } = spawnSync(command, parameters, { encoding: 'utf8' })
  if (status === 0) return
  throw new Missing(`${need} (${error?.message ?? stderr.trim().split('\n').at(-1)})`)
}

/** Runs a command with its output shown. @returns whether it ended well */
export function ran(command: string, parameters: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status } = spawnSync(command, parameters, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  return status === 0
}

/** Synthesizes a stage into the folder, without the CDK's own validation. */
export function synthesized(stage: string): string {
  const CDK_OUTDIR = join(folder, `${stage}.out`)
  const env = { STAGE: stage, CDK_OUTDIR, CDK_VALIDATION: 'false' }
  if (!ran(process.execPath, ['infra/app.ts'], env)) throw new Error(`${stage} does not synthesize`)
  return CDK_OUTDIR
}
