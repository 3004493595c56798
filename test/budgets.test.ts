import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildResult, build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fill, measuring } from '../bench/parts/cost-curve.ts'
import { openapiDocument } from '../functions/docs/openapi.ts'
import { resources } from '../functions/routes/registry.ts'
import { bundleOptions, functionNames } from '../infra/bundle.ts'
import { useApi } from './api/harness.ts'
import { beyondSamples } from './samples.ts'

/** What each function may weigh, kB. More than that is a decision, and stands in this table. */
const kilobytes: Readonly<Record<string, number>> = {
  // It also opens the second factors of an export, tells what newer code wrote, and shares the
  // values that several items had before they were unique.
  admin: 436,
  authorizer: 204,
  'clean-up': 176,
  // As sessions, it holds what makes a resource: stored keys may be longer than new ones.
  email: 373,
  factors: 378,
  login: 347,
  mailer: 287,
  'rotate-keys': 212,
  sessions: 363,
  // A counter may be a part of another one, whose item is put anew when its window is over.
  signup: 350,
  // It holds the document, with examples of its answers and what each field is.
  system: 310,
  tokens: 314,
  // As every resource.
  users: 388,
}

/** How much a function may grow with each resource that a product has beyond the samples, kB. */
const kilobytesEach = 2

/**
 * What the function of a resource may weigh, kB: it reads and writes items of other versions too,
 * and those that shared a value before it was unique.
 */
const resourceKilobytes = 305

/** The functions that may hold a module; all others, and every resource's, do without. */
const holders: readonly (readonly [module: RegExp, functions: readonly string[]])[] = [
  [
    /node_modules\/bcryptjs\//,
    ['admin', 'email', 'factors', 'login', 'sessions', 'signup', 'users'],
  ],
  [
    /functions\/auth\/passwords\/passwords\.ts$/,
    ['admin', 'email', 'factors', 'login', 'sessions', 'signup', 'users'],
  ],
  [/common-passwords\.static\.ts$/, ['admin', 'email', 'factors', 'sessions', 'signup', 'users']],
  // The signing of access tokens (a new key is tried before it is used), and the making of keys.
  [/jose\/.*\/jwt\/sign\.js$/, ['admin', 'login', 'rotate-keys']],
  [/jose\/.*\/key\/generate_(?:key_pair|secret)\.js$/, ['admin', 'rotate-keys']],
  [
    /@aws-sdk\/client-secrets-manager\//,
    ['admin', 'authorizer', 'email', 'factors', 'login', 'mailer', 'rotate-keys', 'tokens'],
  ],
  // For the rare lines beside a request's one.
  [/@aws-lambda-powertools\/logger\//, ['clean-up', 'mailer']],
  // Evaluated when the functions are bundled; the operator's imports and exports need every
  // resource.
  [/functions\/routes\/registry\.ts$/, ['admin']],
  [/functions\/docs\/openapi\.ts$/, []],
  [/functions\/docs\/openapi-\w+\.ts$/, []],
  // Credentials are in the environment; nothing looks for them elsewhere.
  [/credential-provider-(?:ini|sso|process|web-identity|http|login)\//, []],
  [/@aws-sdk\/nested-clients\//, []],
  [/@smithy\/credential-provider-imds\//, []],
  [/@smithy\/signature-v4\/dist-es\/SignatureV4\.js$/, []],
  [/shared-ini-file-loader\/parseIni\.js$/, []],
  [/mnemonist|obliterator/, []],
]

interface Bundle {
  readonly text: string
  readonly bytes: number
  /** The files that left something in it. */
  readonly modules: readonly string[]
}

/** The functions that are told of changes are a product's own. */
const readers = resources.flatMap(({ onChange }) => Object.keys(onChange))

/** What is deployed, without the fixtures. */
const bundles = new Map<string, Bundle>()

beforeAll(async () => {
  const names = await functionNames()
  const outdir = 'dist'
  const options = {
    ...bundleOptions(names),
    outdir,
    write: false as const,
    metafile: true as const,
  }
  const { outputFiles, metafile }: BuildResult<typeof options> = await build(options)
  for (const name of names) {
    // A product's Lambda may use any library, and weighs what that weighs.
    const own = metafile.inputs[`functions/${name}.ts`]?.imports ?? []
    if (!(name in kilobytes) && own.some(({ path }) => path.includes('node_modules/'))) continue
    const path = `dist/${name}/index.mjs`
    const { bytes = 0, inputs = {} } = metafile.outputs[path] ?? {}
    const text = outputFiles.find((file) => file.path.endsWith(path))?.text ?? ''
    const modules = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    bundles.set(name, { text, bytes, modules: modules.map(([module]) => module) })
  }
})

describe('bundles', () => {
  test('every function has a budget, and none has one that is not there', () => {
    const declared = resources.map(({ name }) => name)
    const others = [...bundles.keys()].filter(
      (name) => (!declared.includes(name) && !readers.includes(name)) || name === 'users',
    )
    expect(others).toEqual(Object.keys(kilobytes))
  })

  test('none weighs more than its budget', () => {
    const more = kilobytesEach * beyondSamples()
    for (const [name, { bytes }] of bundles) {
      expect(bytes, name).toBeGreaterThan(50_000)
      const own = kilobytes[name]
      const most = own === undefined ? resourceKilobytes : own + more
      expect(bytes, name).toBeLessThanOrEqual(most * 1000)
    }
  })

  test('what answers the gateway is a pipeline of middy, and nothing else is', () => {
    const found = [...bundles].filter(([, { modules }]) =>
      modules.some((one) => one.includes('node_modules/@middy/core/')),
    )
    const behind = ['admin', 'authorizer', 'clean-up', 'mailer', 'rotate-keys', ...readers]
    expect(found.map(([name]) => name)).toEqual(
      [...bundles.keys()].filter((name) => !behind.includes(name)),
    )
  })

  test.each(holders)('%s is held by %j alone', (module, functions) => {
    const found = [...bundles].filter(([, { modules }]) => modules.some((one) => module.test(one)))
    const names = found.map(([name]) => name).filter((name) => !readers.includes(name))
    expect(names).toEqual(functions)
  })

  test.each([
    // No operation reads a whole table.
    /\b(?:Scan|ExecuteStatement)(?:Input|Output)\b/,
    /paginat(?:e|or)/i,
    // JSON Schema is made when the functions are bundled.
    /json-schema\.org|draft-2020-12/,
    // What a test or a tutorial would sign with.
    /BEGIN (?:RSA |EC )?PRIVATE KEY|super-secret/,
    /@scarf/,
  ])('none contains %s', (forbidden) => {
    const found = [...bundles].filter(([, { text }]) => forbidden.test(text))
    expect(found.map(([name]) => name)).toEqual([])
  })

  test('none holds what the documentation says of a field', () => {
    const { components } = openapiDocument() as unknown as {
      readonly components: { readonly schemas: Readonly<Record<string, object>> }
    }
    const json = JSON.stringify(components.schemas)
    const texts = [...json.matchAll(/"description":"([^"\\]{20,})"/g)].map(([, text = '']) => text)
    expect(texts.length).toBeGreaterThan(200)
    const held = [...bundles].flatMap(([name, { text }]) =>
      [...new Set(texts)].filter((one) => text.includes(one)).map((one) => `${name}: ${one}`),
    )
    expect(held).toEqual([])
  })

  test("imports nothing: Node's own modules come without facades", () => {
    for (const [name, { text }] of bundles) {
      expect(text.match(/(?:^|[;}\n])import[\s{*"'][^;]*/g) ?? [], name).toEqual([])
      expect(text.match(/\brequire\("[^"]*"\)/g) ?? [], name).toEqual([])
    }
  })
})

describe('what is loaded before the first event', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-test-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  /** Node's modules that a function loads, beside those that Node loads for itself. */
  function loadedBy(name: string): string[] {
    const file = join(directory, `${name}.mjs`)
    writeFileSync(file, bundles.get(name)?.text ?? '')
    const script = `const before = new Set(process.moduleLoadList)
      await import(${JSON.stringify(file)})
      console.log(JSON.stringify(process.moduleLoadList.filter((one) => !before.has(one))))`
    const env = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...env, TOKEN_ALGORITHM: 'ES256', BCRYPT_COST: '10' },
    })
    const names = JSON.parse(output.toString()) as string[]
    return names.map((one) => one.replace(/^(?:NativeModule|Internal Binding) /, ''))
  }

  test.each(['authorizer', 'login', 'sessions', 'users'])(
    '%s: no second HTTP client, no files',
    (name) => {
      const loaded = loadedBy(name)
      expect(loaded).toContain('https')
      expect(
        loaded.filter((one) =>
          /undici|http2|webstreams|worker|inspector|^(?:internal\/)?fs|readline/.test(one),
        ),
      ).toEqual([])
      expect(loaded.length).toBeLessThan(90)
    },
  )
})

describe('calls of DynamoDB and the units that they consume', () => {
  const api = useApi({ direct: false })

  const cost = (readCalls: number, writeCalls: number, readUnits: number, writeUnits: number) => ({
    readCalls,
    writeCalls,
    readUnits,
    writeUnits,
  })

  /** The authorizer's read of the session is the first of each that needs a token. */
  const expected = {
    // Reads the credentials and the sessions; one transaction; the throttle counts in two items and
    // gives back.
    login: cost(2, 5, 2, 8),
    refresh: cost(0, 1, 0, 1),
    // The item, its unique value's guard, the list's index and three that are declared.
    create: cost(1, 1, 1, 8),
    read: cost(2, 0, 2, 0),
    list: cost(2, 0, 2.5, 0),
    'list, a later page': cost(2, 0, 2.5, 0),
    'list, filtered': cost(2, 0, 1.5, 0),
    // The item is validated as a whole, as it will be: so it is read first.
    patch: cost(2, 1, 2, 6),
    'patch, a unique field': cost(2, 1, 2, 10),
    delete: cost(2, 1, 2, 8),
    logout: cost(1, 1, 1, 1),
  }

  /** Lines that a request writes and their bytes: of the functions, and of the gateway. */
  const written = {
    'GET one': { lines: 1, bytes: 682, gateway: 406 },
    'GET a list': { lines: 1, bytes: 679, gateway: 401 },
    POST: { lines: 1, bytes: 678, gateway: 402 },
    // Its security event has a line of its own.
    login: { lines: 2, bytes: 1194, gateway: 372 },
    // What the authorizer throws, as Lambda writes it.
    'a refused token': { lines: 1, bytes: 206, gateway: 377 },
    'no token': { lines: 0, bytes: 0, gateway: 377 },
  }

  test('bytes of log are as few as they were', async () => {
    const { token } = api.member
    const path = '/api/v1/pupils'
    const send = async (email: string) => {
      const body = { name: 'Ada', email, rollNo: '1', age: 20 }
      return api.call(`POST ${path}`, { token: api.admin.token, body })
    }
    const { id } = (await send(`${randomUUID()}@example.org`)).body
    const requests: Record<keyof typeof written, () => Promise<unknown>> = {
      'GET one': () => api.call(`GET ${path}/${id}`, { token }),
      'GET a list': () => api.call(`GET ${path}?limit=1`, { token }),
      POST: () => send(`${randomUUID()}@example.org`),
      login: () => api.signIn(api.member.username, api.member.password),
      'a refused token': () => api.call(`GET ${path}`, { token: `${token}x` }),
      'no token': () => api.call(`GET ${path}`),
    }
    const seen: Record<string, object> = {}
    for (const [name, request] of Object.entries(requests)) {
      await request()
      const before = api.logs.length
      await request()
      // The gateway writes when it has answered.
      await expect.poll(() => api.logs.slice(before).some(isOfGateway)).toBe(true)
      const lines = api.logs.slice(before).map(withoutTimes)
      const own = lines.filter((line) => !isOfGateway(line))
      const size = (some: readonly string[]) => Buffer.byteLength(some.join(''))
      seen[name] = { lines: own.length, bytes: size(own), gateway: size(lines) - size(own) }
    }
    expect(seen).toEqual(written)
  })

  const isOfGateway = (line: string) => line.includes('"refusal":')

  /** Sets durations to 0, as their number of digits varies. */
  function withoutTimes(line: string): string {
    return line
      .replace(/"(durationMs|keyAgeDays|coldStart)":[\d.e+-]+/g, '"$1":0')
      .replace(/"(\w*[lL]atencyMs)":"\d+"/g, '"$1":"0"')
  }

  test('are as few as they were, and as few with ten thousand items', async () => {
    // The list is looked at before there is an item: only then is it known to be complete.
    await api.call('GET /api/v1/pupils', { token: api.member.token })
    const measure = await measuring(api.runner)
    await fill(api.runner, 0, 100, 1)
    expect(await measure()).toEqual(expected)
    await fill(api.runner, 100, 10_000, 1)
    expect(await measure()).toEqual(expected)
  })
})
