import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin } from 'esbuild'
import { buildPage, pageNames } from '../functions/pages/build.ts'
import { builtIns, lean } from './lean.ts'
import { undescribed } from './undescribed.ts'

export const root = join(import.meta.dirname, '..')

/** The functions that are deployed: each file directly in functions/. */
export async function functionNames(): Promise<string[]> {
  const entries = await readdir(join(root, 'functions'), { withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => basename(entry.name, '.ts'))
    .sort()
}

/** Where bundles lie; `BUNDLE_DIR` keeps those of the tests and of `npm start` apart. */
const directory = process.env.BUNDLE_DIR ?? join(root, 'dist')

/** Where the bundle of a function lies. */
export function bundlePath(name: string): string {
  return join(directory, name)
}

/**
 * Bundles functions into `dist/<name>/index.mjs`, by default all; every other one has an empty
 * directory, or a bundle that counts no more. These files are what the stack deploys, the local
 * runner runs and the tests measure. Source maps lie beside them, not in them.
 */
export async function bundle(
  names?: readonly string[],
  instead?: readonly Plugin[],
): Promise<void> {
  const all = await functionNames()
  // With `force`: somebody else may be building too.
  await Promise.all((await bundledNames()).map((name) => rm(memoPath(name), { force: true })))
  await Promise.all(all.map((name) => mkdir(bundlePath(name), { recursive: true })))
  await bundleMore(names ?? all, instead)
}

/** Bundles these functions beside those that are bundled. */
export async function bundleMore(
  names: readonly string[],
  instead?: readonly Plugin[],
): Promise<void> {
  const { assets, sources } = await bundled(names, instead)
  const ownPages = names.includes('system') ? await pages() : []
  await Promise.all([...assets, ...ownPages].map(replace))
  await Promise.all(Object.entries(sources).map(([name, files]) => replace(memo(name, files))))
}

/** What functions were bundled from, by name: paths below the root. */
type Sources = Readonly<Record<string, readonly string[]>>

/** What a function was bundled from stands beside its bundle. */
function memoPath(name: string): string {
  return `${bundlePath(name)}.json`
}

function memo(name: string, files: readonly string[]): Asset {
  return { path: memoPath(name), contents: Buffer.from(JSON.stringify(files)) }
}

async function bundledNames(): Promise<string[]> {
  const files = existsSync(directory) ? await readdir(directory) : []
  return files.filter((file) => file.endsWith('.json')).map((file) => basename(file, '.json'))
}

async function knownSources(): Promise<Sources> {
  const read = async (name: string) =>
    [name, JSON.parse(await readFile(memoPath(name), 'utf8')) as readonly string[]] as const
  return Object.fromEntries(await Promise.all((await bundledNames()).map(read)))
}

/**
 * Bundles again those functions that are made from changed files, unless nobody has called them yet.
 * @returns the names of all that are made from them; `undefined` where a file has another use too,
 *   or may have
 */
export async function bundleChanged(
  files: readonly string[],
): Promise<readonly string[] | undefined> {
  const known = await knownSources()
  // Of a function that nobody has called yet, it is known only which file it begins with.
  const beginningWith = (file: string) => {
    const [, name = ''] = /^functions\/([^/]+)\.ts$/.exec(file) ?? []
    return name !== '' && existsSync(bundlePath(name)) ? [name] : []
  }
  const uses = (file: string) => {
    const names = Object.keys(known).filter((name) => known[name]?.includes(file))
    return names.length > 0 ? names : beginningWith(file)
  }
  // A file that had no use and is gone was an editor's.
  if (files.some((file) => uses(file).length === 0 && existsSync(join(root, file))))
    return undefined
  const names = [...new Set(files.flatMap(uses))]
  const called = names.filter((name) => known[name])
  if (called.length > 0) await bundleMore(called)
  return names
}

const sdk = /node_modules\/@(?:aws-sdk|smithy)\//
const otherClient = /node_modules\/@aws-sdk\/client-(?!dynamodb\/|secrets-manager\/|sesv2\/)/

/** Only the store knows what it leaves out of its three clients: all else gets the SDK whole. */
function usesWhole(file: string, imported: string): boolean {
  if (sdk.test(file)) return false
  return (file.startsWith('functions/store/') ? otherClient : sdk).test(imported)
}

/** The files of the bundles, and what they were made from; nothing is written. */
export async function bundled(
  names: readonly string[],
  instead: readonly Plugin[] = [],
): Promise<Bundled> {
  const lean = await built(bundleOptions(names, instead))
  const others = names.filter((name) =>
    lean.sources[name]?.some((file) =>
      lean.inputs[file]?.imports.some(({ path }) => usesWhole(file, path)),
    ),
  )
  if (others.length === 0) return lean
  const whole = await built({ ...bundleOptions(others), plugins: [...instead, ...plugins] })
  const replaced = new Set(whole.assets.map(({ path }) => path))
  const assets = [...lean.assets.filter(({ path }) => !replaced.has(path)), ...whole.assets]
  return { assets, sources: { ...lean.sources, ...whole.sources } }
}

interface Bundled {
  readonly assets: readonly Asset[]
  readonly sources: Sources
}

async function built(options: BuildOptions): Promise<Bundled & Pick<Metafile, 'inputs'>> {
  const { outputFiles, metafile } = await build({
    ...options,
    write: false,
    metafile: true,
    sourcemap: 'external',
    sourcesContent: false,
  })
  const bundles = Object.entries(metafile.outputs).filter(([path]) => path.endsWith('.mjs'))
  const sources: Sources = Object.fromEntries(
    bundles.map(([path, { inputs }]) => [basename(dirname(path)), Object.keys(inputs)]),
  )
  return { assets: outputFiles.map(mapOutside), sources, inputs: metafile.inputs }
}

/** `dist/students/index.mjs.map` → `dist/students.map`: what lies in the folder is deployed. */
function mapOutside({ path, contents }: Asset): Asset {
  return { path: path.endsWith('.map') ? `${dirname(path)}.map` : path, contents }
}

/**
 * How functions are bundled: to load fast, on Lambda.
 * @param instead plugins that have precedence over the usual ones
 */
export function bundleOptions(names: readonly string[], instead: readonly Plugin[] = []) {
  return {
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's `module` builds shake; its `main` builds do not.
    mainFields: ['module', 'main'],
    plugins: [...instead, ...plugins, lean],
    logLevel: 'warning',
  } satisfies BuildOptions
}

/** The pages lie compressed beside the function that serves them. */
function pages(): Promise<Asset[]> {
  return Promise.all(
    pageNames.map(async (name) => ({
      path: join(bundlePath('system'), `${name}.html.gz`),
      contents: await promisify(gzip)((await buildPage(name)).html, { level: 9 }),
    })),
  )
}

type Asset = Pick<OutputFile, 'path' | 'contents'>

/** Atomically, and only if it differs: somebody else may be reading, or building too. */
async function replace({ path, contents }: Asset): Promise<void> {
  const present = await readFile(path).catch(() => undefined)
  if (present?.equals(contents)) return
  await mkdir(dirname(path), { recursive: true })
  const draft = join(directory, `${basename(dirname(path))}-${basename(path)}.${process.pid}`)
  await writeFile(draft, contents)
  await rename(draft, path)
}

/** Replaces a `*.static.ts` module by the values that it exports. */
const evaluateStatic: Plugin = {
  name: 'evaluate-static',
  setup({ onLoad }) {
    onLoad({ filter: /\.static\.ts$/ }, async ({ path }) => {
      const values: Record<string, unknown> = await import(pathToFileURL(path).href)
      return { contents: constants(values), loader: 'js' }
    })
  },
}

/** The source of a module that exports these values. */
export function constants(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
    .join('\n')
}

const plugins: readonly Plugin[] = [evaluateStatic, builtIns, undescribed]
