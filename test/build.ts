import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const cache = process.env.TEST_BUILDS ?? join(root, 'node_modules/.cache/portcullis-tests')

/** What bundles and template are made of; the runner and the commands are no part of it. */
const inputs = [
  '{functions,infra}/**/*.*',
  'test/{app,stage,functions}.ts',
  'test/fixtures/**/*.ts',
  '{package,package-lock,cdk}.json',
]
const exclude = ['infra/{local,operator,cost,picture}/**']

/** What was bundled, synthesized and documented for the tests. */
export interface Built {
  readonly assembly: string
  /** The file of the OpenAPI document. */
  readonly document: string
  /** Where the functions' bundles lie. */
  readonly bundles: string
}

/**
 * Bundles and synthesizes the stack for the tests, unless that was done before for the same sources.
 * Two runs at the same time may both do it: the first to be ready is kept.
 */
export function build(): Built {
  const directory = join(cache, digest())
  if (existsSync(directory)) utimesSync(directory, new Date(), new Date())
  else make(directory)
  removeUnused()
  return places(directory)
}

function make(directory: string): void {
  const draft = `${directory}.${process.pid}`
  synthesizeWithFixtures(draft, 'test')
  try {
    renameSync(draft, directory)
  } catch (error) {
    if (!existsSync(directory)) throw error
    rmSync(draft, { recursive: true })
  }
}

/**
 * Bundles and synthesizes what is declared and the fixtures: for the tests, or as `npm start` serves
 * it.
 */
export function synthesizeWithFixtures(directory: string, stage: 'test' | 'local'): Built {
  const built = places(directory)
  execFileSync(process.execPath, ['test/app.ts', stage], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: built.assembly,
      BUNDLE_DIR: built.bundles,
      DOCUMENT: built.document,
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return built
}

function places(directory: string): Built {
  return {
    assembly: join(directory, 'assembly'),
    document: join(directory, 'openapi.json'),
    bundles: join(directory, 'bundles'),
  }
}

function digest(): string {
  const hash = createHash('sha256').update(process.version)
  for (const file of globSync(inputs, { cwd: root, exclude }).sort()) {
    const path = join(root, file)
    if (statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 32)
}

/** Removes what no run has used for a day. */
function removeUnused(): void {
  const dayAgo = Date.now() - 24 * 60 * 60_000
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    const used = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY
    if (used < dayAgo) rmSync(path, { recursive: true, force: true })
  }
}
