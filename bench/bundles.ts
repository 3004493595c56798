import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { resources } from '../functions/resources/index.ts'
import { bundleOptions, constants, functionNames, root } from '../infra/bundle.ts'
import { declareForEsbuild } from '../test/fixtures/declare.ts'

export const peers = ['express', 'fastify', 'hono', 'nest'] as const
/** The function of a resource that is measured: one of the tests' fixtures. */
const resource = 'pupils'
const alone = [resource, 'login']
const out = join(root, 'bench', 'dist')

/** The paths, by name, of our bundles that are measured. */
export interface OurBundles {
  /** Our functions as they are deployed. */
  readonly ours: Readonly<Record<string, string>>
  /** Our functions without the database's client and without the log line. */
  readonly alone: Readonly<Record<string, string>>
  /**
   * Parts of ours: the session read, the pipeline without storing, and the authorizer that lets
   * members reach the resource that is measured.
   */
  readonly parts: Readonly<Record<string, string>>
}

export interface Bundles extends OurBundles {
  /** The peers with the AWS SDK, bundled as AWS's construct for Node functions does it. */
  readonly peers: Readonly<Record<string, string>>
  /** The peers with the AWS SDK, bundled as our functions are. */
  readonly peersLean: Readonly<Record<string, string>>
  /** The peers, and middy, with a store in memory. */
  readonly inMemory: Readonly<Record<string, string>>
}

export async function ourBundles(names: readonly string[]): Promise<OurBundles> {
  await mkdir(out, { recursive: true })
  const others = names.filter((name) => name !== resource)
  await build({ ...bundleOptions(others), outdir: join(out, 'ours') })
  await build({ ...bundleOptions([resource], [declareForEsbuild]), outdir: join(out, 'ours') })
  await build({
    ...bundleOptions(alone, [declareForEsbuild, answeredAtOnce, silent, withoutHash]),
    outdir: join(out, 'alone'),
  })
  await build({
    ...bundleOptions(['authorizer'], [knowingTheResource]),
    outdir: join(out, 'parts'),
  })
  for (const [name, instead] of [
    ['session-read', []],
    ['pipeline', [silent]],
  ] as const)
    await build({
      ...bundleOptions([], instead),
      entryPoints: [{ in: `bench/${name}.ts`, out: `${name}/index` }],
      outdir: join(out, 'parts'),
    })
  return {
    ours: paths('ours', names, 'mjs'),
    alone: paths('alone', alone, 'mjs'),
    parts: paths('parts', ['authorizer', 'session-read', 'pipeline'], 'mjs'),
  }
}

export async function bundles(): Promise<Bundles> {
  const declared = resources.map(({ name }) => name)
  const names = (await functionNames()).filter((name) => !declared.includes(name))
  const ours = await ourBundles([...names, resource])
  const withDatabase = ['bare', ...peers]
  await build({ ...usual(withDatabase, 'dynamodb'), outdir: join(out, 'peers') })
  await build({
    ...usual([...withDatabase, 'middy', 'empty'], 'memory'),
    outdir: join(out, 'memory'),
  })
  await build({
    ...bundleOptions([]),
    ...entries(peers),
    outdir: join(out, 'lean'),
    banner: { js: requires },
    plugins: [store('dynamodb'), optional, ...bundleOptions([], [sdkWhole]).plugins],
  })
  return {
    ...ours,
    peers: paths('peers', withDatabase, 'cjs'),
    peersLean: paths('lean', peers, 'mjs'),
    inMemory: paths('memory', [...withDatabase, 'middy', 'empty'], 'cjs'),
  }
}

function paths(folder: string, names: readonly string[], extension: string) {
  const path = (name: string) => join(out, folder, name, `index.${extension}`)
  return Object.fromEntries(names.map((name) => [name, path(name)]))
}

function entries(names: readonly string[]) {
  return {
    entryPoints: names.map((name) => ({ in: `bench/peers/${name}.mjs`, out: `${name}/index` })),
  }
}

/** As CommonJS: the peers are written in it, and start sooner with it. */
function usual(names: readonly string[], items: 'memory' | 'dynamodb') {
  return {
    ...entries(names),
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    plugins: [store(items), optional],
    logLevel: 'error',
  } satisfies BuildOptions
}

const requires =
  "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"

/** Which of the two stores a peer has. */
function store(name: 'memory' | 'dynamodb'): Plugin {
  return {
    name: 'store',
    setup({ onResolve }) {
      const path = join(root, 'bench', 'peers', `${name}.mjs`)
      onResolve({ filter: /^store$/ }, () => ({ path }))
    },
  }
}

/** Optional packages that Nest looks for. */
const optional: Plugin = {
  name: 'optional',
  setup({ onResolve }) {
    onResolve({ filter: /^(?:@nestjs\/(?:microservices|websockets)|class-)/ }, ({ path }) => ({
      path,
      external: true,
    }))
  },
}

/** The database answers at once, in the same process. */
const answeredAtOnce: Plugin = {
  name: 'answered-at-once',
  setup({ onLoad }) {
    onLoad({ filter: /functions\/store\/client\.ts$/ }, async () => ({
      contents: await readFile(join(root, 'bench', 'instant-client.mjs'), 'utf8'),
    }))
  },
}

/** A login without the hash, whose cost is a setting; its keys are the bench's. */
const withoutHash: Plugin = {
  name: 'without-hash',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/bcryptjs\/index\.js$/ }, () => ({
      contents: `export default {
        compare: async () => true,
        hash: async () => 'none',
        getRounds: () => 10,
        truncates: () => false,
      }`,
    }))
    onLoad({ filter: /functions\/store\/secrets\.ts$/ }, () => ({
      contents: 'export const readSecret = async () => process.env.BENCH_KEY_RING',
    }))
  },
}

/** The SDK's own signer and conversion of items: our functions do without them, the peers do not. */
const sdkWhole: Plugin = {
  name: 'sdk-whole',
  setup({ onLoad }) {
    const filter =
      /@(?:smithy\/signature-v4\/dist-es\/index|aws-sdk\/lib-dynamodb\/dist-es\/commands\/utils)\.js$/
    onLoad({ filter }, async ({ path }) => ({
      contents: await readFile(path, 'utf8'),
      resolveDir: dirname(path),
    }))
  },
}

/** Writes no log line and no metrics. */
const silent: Plugin = {
  name: 'silent',
  setup({ onLoad }) {
    onLoad({ filter: /functions\/invocation\/metrics\.ts$/ }, async ({ path }) => {
      const names = Object.keys(await import(path))
      return { contents: names.map((name) => `export const ${name} = () => {}`).join('\n') }
    })
  },
}

/** The tables that are made of the declarations, with the scopes of the resource that is measured. */
const knowingTheResource: Plugin = {
  name: 'knowing-the-resource',
  setup({ onLoad }) {
    onLoad({ filter: /access\.static\.ts$/ }, async ({ path }) => {
      const { scopesOfRole, ...others } = await import(path)
      const more = [`${resource}:read`, `${resource}:write`]
      const wider = { ...scopesOfRole, member: [...scopesOfRole.member, ...more] }
      return { contents: constants({ ...others, scopesOfRole: wider }), loader: 'js' }
    })
  },
}
