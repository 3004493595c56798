import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readJson } from './files.ts'
import { runProgram } from './program.ts'

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

/** The functions that a start and its first request need. */
const needed = ['admin', 'authorizer', 'rotate-keys', 'system']

/** The project's stack and bundles, as `npm start` has them. */
export interface Build {
  /**
   * Synthesizes the stack, unless nothing that it depends on has changed since the last time.
   * Answers whether it did.
   */
  synthesize(): Promise<boolean>
  /** Builds what is made from these files. Answers the functions whose code may have changed. */
  update(files: readonly string[]): Promise<readonly string[] | 'all'>
  /** The directory of a function's bundle, which is made when it is first asked for. */
  codeOf(functionName: string): Promise<string>
}

/**
 * The build of the project at `root` into `outdir`.
 * @param whole whether all functions are bundled with the stack: nobody watches their sources
 */
export function openBuild(root: string, outdir: string, { whole = false } = {}): Build {
  // Other commands bundle into `dist`, and from other sources.
  const bundles = join(outdir, 'bundles')
  const file = join(outdir, '.fingerprint')
  const program = (name: string, ...parameters: string[]) =>
    runProgram(root, [join('infra', name), ...parameters], { BUNDLE_DIR: bundles })
  const made = new Map<string, Promise<string>>()
  const inTurn = oneAtATime()
  let next: { readonly names: string[]; readonly done: Promise<unknown> } | undefined

  /** Those that are asked for while another program runs are bundled together. */
  function bundle(name: string): Promise<unknown> {
    const names = next?.names ?? []
    names.push(name)
    next ??= {
      names,
      done: inTurn(() => {
        next = undefined
        return program('rebundle.ts', 'add', ...names)
      }),
    }
    return next.done
  }

  async function synthesize(): Promise<boolean> {
    const sources = `${whole} ${sourcesHash(root)}`
    const fingerprint = () => `${sources} ${templatesHash(outdir)}`
    if (existsSync(file) && readFileSync(file, 'utf8') === fingerprint()) return false
    const recorder = pathToFileURL(join(import.meta.dirname, 'record-inputs.ts')).href
    await runProgram(root, ['--import', recorder, join('infra', 'app.ts')], {
      // The validation of templates takes seconds and belongs to `npm run synth`.
      ...{ CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', STAGE: 'local', BUNDLE_DIR: bundles },
      ...(!whole && { BUNDLE_FIRST: needed.join(' ') }),
      // Keeping what was compiled of the CDK takes longer than compiling it.
      NODE_DISABLE_COMPILE_CACHE: '1',
    })
    made.clear()
    // With the hash from before the build: a change made meanwhile may have been missed.
    writeFileSync(file, fingerprint())
    return true
  }

  async function rebundle(files: readonly string[]): Promise<readonly string[] | undefined> {
    const ofTemplate = readJson<readonly string[]>(join(outdir, '.inputs'))
    if (ofTemplate === undefined || files.some((each) => ofTemplate.includes(each)))
      return undefined
    const output = await program('rebundle.ts', 'changed', ...files)
    return (JSON.parse(output) as readonly string[] | null) ?? undefined
  }

  return {
    synthesize: () => inTurn(synthesize),
    update: (files) =>
      inTurn(async () => (await rebundle(files)) ?? ((await synthesize()) ? 'all' : [])),
    codeOf(name) {
      const directory = join(bundles, name)
      const known = made.get(name)
      if (known) return known
      const isMade = existsSync(`${directory}.json`)
      const code = (isMade ? Promise.resolve() : bundle(name)).then(() => directory)
      made.set(name, code)
      // The next caller tries again: the fault may be fixed by then.
      code.catch(() => made.delete(name))
      return code
    },
  }
}

/** Runs what it is given one after another: no program reads what another one is writing. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }
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
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith(notInputs))
    .sort()
}
