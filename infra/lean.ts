import { readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { basename, dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'

/**
 * Node's own modules by `process.getBuiltinModule`, each name that is used as a constant. An
 * `import` of them makes a namespace of all names, and to read those of `http` loads a whole second
 * HTTP client: 45 ms of a cold start (nodejs/node#57649).
 */
export const builtIns: Plugin = {
  name: 'built-ins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?[a-z0-9_/]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '')
      if (kind === 'require-call' || !builtinModules.includes(name)) return undefined
      const namespace = kind === 'dynamic-import' ? 'whole-built-in' : 'built-in'
      return { path: name, namespace, sideEffects: false }
    })
    onLoad({ filter: /./, namespace: 'built-in' }, ({ path }) => {
      const module = (process.getBuiltinModule(path) ?? {}) as Record<string, unknown>
      const names = Object.keys(module).filter(isIdentifier)
      const constants = names.flatMap((name, index) => [
        isLazyFunction(module, name)
          ? `const name${index} = (...given) => all.${name}(...given)`
          : `const name${index} = /* @__PURE__ */ (() => all.${name})()`,
        `export { name${index} as ${name} }`,
      ])
      const all = `const all = /* @__PURE__ */ ${builtIn(path)}\nexport default all`
      return { contents: [all, ...constants].join('\n'), loader: 'js' }
    })
    onLoad({ filter: /./, namespace: 'whole-built-in' }, ({ path }) => ({
      contents: `module.exports = ${builtIn(path)}`,
      loader: 'js',
    }))
  },
}

function builtIn(name: string): string {
  return `process.getBuiltinModule(${JSON.stringify(name)})`
}

/** A function that Node loads only when it is first read, as those of Web Crypto. */
function isLazyFunction(module: Record<string, unknown>, name: string): boolean {
  const isLazy = Object.getOwnPropertyDescriptor(module, name)?.get !== undefined
  return isLazy && /^[a-z]/.test(name) && typeof module[name] === 'function'
}

function isIdentifier(name: string): boolean {
  return name !== 'default' && /^[A-Za-z_$][\w$]*$/.test(name)
}

/** Source text, or a function that makes it from the path of the module that it stands in for. */
type Replacement = string | ((path: string) => Promise<string>)

/** Modules of libraries that do nothing in a function of ours, and what stands in for each. */
const replacements: readonly (readonly [module: RegExp, replacement: Replacement])[] = [
  // A function has its role's credentials in its environment. (With SnapStart it would not.)
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  [
    /@aws-sdk\/credential-provider-node\/dist-es\/index\.js$/,
    "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'",
  ],
  // Nor is there a ~/.aws beside it.
  [
    /@smithy\/core\/dist-es\/.*\/shared-ini-file-loader\/loadSharedConfigFiles\.js$/,
    `export const CONFIG_PREFIX_SEPARATOR = '.'
    export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} })`,
  ],
  // Endpoint discovery, which DynamoDB's client does only when it is asked to.
  [
    /@aws-sdk\/middleware-endpoint-discovery\/dist-es\/index\.js$/,
    `export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
      environmentVariableSelector: () => false,
      configFileSelector: () => false,
      default: false,
    }
    export const resolveEndpointDiscoveryConfig = (config) => config`,
  ],
  // Requests are signed by functions/store/signature.ts, and Node has SHA-256.
  [
    /@smithy\/signature-v4\/dist-es\/index\.js$/,
    "export const SignatureV4 = function () { throw new Error('not in the bundle') }; export const signatureV4aContainer = {}",
  ],
  [
    /@aws-sdk\/signature-v4-multi-region\/dist-es\/SignatureV4MultiRegion\.js$/,
    "export const SignatureV4MultiRegion = function () { throw new Error('not in the bundle') }",
  ],
  [/@smithy\/core\/dist-es\/submodules\/checksum\/sha256\/Sha256Js\.js$/, 'export let Sha256Js'],
  // Pages are asked for one by one.
  [/@aws-sdk\/(?:client-[a-z-]+|lib-dynamodb)\/dist-es\/pagination\/index\.js$/, ''],
  // Regions are in the environment, and retries are of the standard kind.
  [
    /@smithy\/core\/dist-es\/.*\/getInstanceMetadataRegion\.js$/,
    'export const getInstanceMetadataRegion = async () => undefined',
  ],
  [
    /@smithy\/core\/dist-es\/.*\/AdaptiveRetryStrategy\.js$/,
    "export const AdaptiveRetryStrategy = function () { throw new Error('not in the bundle') }",
  ],
  // Bodies are text; to look for a file among them loads all that has to do with files.
  [
    /@smithy\/core\/dist-es\/.*\/calculateBodyLength\.js$/,
    'export const calculateBodyLength = (body) => (body ? Buffer.byteLength(body) : 0)',
  ],
  [
    /@smithy\/core\/dist-es\/.*\/uuid\/v4\.js$/,
    "import { randomUUID } from 'node:crypto'; export const bindV4 = () => randomUUID",
  ],
  // No operation of DynamoDB or Secrets Manager streams events.
  [/@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/, ''],
  // Errors that only calls on tables and backups answer; an unknown error keeps its name.
  [/@aws-sdk\/client-dynamodb\/dist-es\/schemas\/schemas_0\.js$/, withErrorsOfItems],
  // The store converts items itself: nothing else has to look at their attributes.
  [/@aws-sdk\/lib-dynamodb\/dist-es\/commands\/utils\.js$/, throwing],
  [/@smithy\/core\/dist-es\/.*\/JsonShapeDeserializer2\.js$/, withUnionsAsTheyAre],
  // The OpenAPI document is made when the functions are bundled.
  [/zod\/v4\/core\/(?:to-json-schema|json-schema-processors)\.js$/, throwing],
  // JSON has no cycles; zod/mini does without this too.
  [/zod\/v4\/core\/memoizer\.js$/, withoutMemoizer],
  // A client tells AWS its version, and nothing else of its package.
  [/package\.json$/, versionAlone],
]

/** Leaves out what is never reached. */
export const lean: Plugin = {
  name: 'lean',
  setup({ onLoad }) {
    for (const [module, replacement] of replacements) {
      const filter = new RegExp(`/node_modules/.*${module.source}`)
      onLoad({ filter }, async ({ path }) => ({
        contents: typeof replacement === 'string' ? replacement : await replacement(path),
        loader: 'js',
        resolveDir: dirname(path),
      }))
    }
  },
}

/** The same names, each a function that throws, saying what was reached. */
async function throwing(path: string): Promise<string> {
  const names = Object.keys(await import(pathToFileURL(path).href))
  const left = `const left = () => { throw new Error('${basename(path)} is not in the bundle') }`
  return [left, ...names.map((name) => `export const ${name} = left`)].join('\n')
}

/** The errors of DynamoDB that operations on items answer. */
const errorsOfItems = [
  'ConditionalCheckFailedException',
  'DynamoDBServiceException',
  'IdempotentParameterMismatchException',
  'InternalServerError',
  'ItemCollectionSizeLimitExceededException',
  'ProvisionedThroughputExceededException',
  'ReplicatedWriteConflictException',
  'RequestLimitExceeded',
  'ResourceNotFoundException',
  'ThrottlingException',
  'TransactionCanceledException',
  'TransactionConflictException',
  'TransactionInProgressException',
]

async function withErrorsOfItems(path: string): Promise<string> {
  const registration = /^\w+\.registerError\(\w+\$, (\w+)\);$/gm
  return (await readFile(path, 'utf8')).replaceAll(registration, (line, name: string) =>
    errorsOfItems.includes(name) ? line : '',
  )
}

/** DynamoDB's one union is the attribute, of whose values only bytes, which nobody stores, differ. */
async function withUnionsAsTheyAre(path: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  const question = 'needsTransform(ns) {'
  if (!text.includes(question))
    throw new Error(`${path} no longer contains "${question}": adapt withUnionsAsTheyAre`)
  return text.replace(question, `${question}\nif (ns.isUnionSchema()) return false`)
}

async function withoutMemoizer(path: string): Promise<string> {
  const text = await throwing(path)
  return text.replace('export const memoizer = left', 'export const memoizer = () => undefined')
}

async function versionAlone(path: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { version: string }
  return `export default { version: ${JSON.stringify(manifest.version)} }`
}
