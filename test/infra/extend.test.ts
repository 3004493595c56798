import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { App } from 'aws-cdk-lib'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Plugin } from 'esbuild'
import { describe, expect, test, vi } from 'vitest'
import type { Resource } from '../../functions/model/declaration.ts'
import { line } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { apiStack } from '../../infra/api-stack.ts'
import { bundled, root } from '../../infra/bundle.ts'
import { findings } from '../../infra/findings.ts'
import { readAssembly } from '../../infra/local/assembly.ts'
import { recordedCalls } from '../../infra/local/aws/calls.ts'
import { startEndpoint } from '../../infra/local/aws/endpoint.ts'
import { readTemplate } from '../../infra/local/template.ts'
import type { Parts } from '../../infra/parts.ts'
import { declared } from '../../infra/product.ts'
import { scratch } from '../assembly.ts'
import { testFunctionNames } from '../functions.ts'
import { testStage } from '../stage.ts'

function extend({ stack, functions }: Parts): void {
  const receipts = new Bucket(stack, 'Receipts')
  const pupils = functions.get('pupils')
  if (!pupils) throw new Error('There are no pupils')
  pupils.addEnvironment('RECEIPTS_BUCKET', receipts.bucketName)
  receipts.grantPut(pupils)
}

test('the example of extend.ts passes cdk-nag', async () => {
  const source = readFileSync(join(root, 'infra/extend.ts'), 'utf8')
  const lines = [...source.matchAll(/^ \* {5}(.*)$/gm)].map(([, line = '']) => line)
  const example = lines
    .join('\n')
    .replace("'orders'", "'pupils'")
    .replace(/'(aws-cdk-lib[^']*)'/g, (_, name: string) => `'${import.meta.resolve(name)}'`)
  const file = join(scratch, 'example.ts')
  writeFileSync(file, example)
  const { extend } = await import(/* @vite-ignore */ pathToFileURL(file).href)
  vi.stubEnv('CDK_VALIDATION', '')
  const app = new App({ outdir: join(scratch, 'example.out') })
  apiStack(app, testStage, await testFunctionNames(), { ...declared, extend })
  await findings(app)
  app.synth()
  vi.unstubAllEnvs()
})

test('a bucket, a variable and a grant of the product reach its function, here too', async () => {
  const outdir = join(scratch, 'extended.out')
  const app = new App({ outdir })
  apiStack(app, testStage, await testFunctionNames(), { ...declared, extend })
  app.synth()
  const { functions, ignored } = readTemplate(readAssembly(outdir))
  const pupils = functions.find(({ tag }) => tag === 'pupils')
  const bucket = pupils?.environment.RECEIPTS_BUCKET
  expect(bucket).toMatch(/^Receipts/)
  const granted = pupils?.statements.flatMap(({ Action, Resource }) => [Action, Resource].flat())
  expect(granted).toContain('s3:PutObject')
  expect(granted).toContain(`arn:aws:s3:::${bucket}/*`)
  expect(ignored).toContain('AWS::S3::Bucket')
})

describe('names that the stack would have twice are refused, with what to do', () => {
  const named = (name: string, ...readers: string[]) =>
    resource({
      ...{ name, singular: `${name}-item`, fields: { title: line(1, 100) } },
      onChange: Object.fromEntries(readers.map((reader) => [reader, {}])),
    })
  /** The stack with these resources, and with a file for each function. */
  async function stackOf(more: readonly Resource[], stage = testStage, files?: readonly string[]) {
    const wanted = more.flatMap(({ name, onChange }) => [name, ...Object.keys(onChange)])
    const names = [...new Set([...(await testFunctionNames()), ...(files ?? wanted)])]
    apiStack(new App({ outdir: join(scratch, 'named.out') }), stage, names, {
      ...declared,
      resources: [...declared.resources, ...more],
      bundleOf: () => declared.bundleOf('login'),
    })
  }

  test('but not what has names of its own', async () => {
    await expect(stackOf([named('audits', 'audit-log')])).resolves.toBeUndefined()
  })

  const ours = 'the API itself has a function or a table of this name'
  test.each<[string, Resource[]]>([
    ...['admin', 'authorizer', 'clean-up', 'email', 'mailer', 'rotate-keys', 'tokens'].map(
      (name): [string, Resource[]] => [`${name}: ${ours}`, [named(name)]],
    ),
    ...['credentials', 'keys', 'outbox', 'throttle'].map((name): [string, Resource[]] => [
      `${name}: ${ours}`,
      [named(name)],
    ]),
    ['users: two resources have this name', [named('users')]],
    ['audits: two resources have this name', [named('audits'), named('audits')]],
    [
      'films: audit already receives the changes of books, and a function can receive those of one resource only: write a file for each',
      [named('books', 'audit'), named('films', 'audit')],
    ],
    ['books: mailer cannot receive its changes', [named('books', 'mailer')]],
    ['books: users cannot receive its changes', [named('books', 'users')]],
    ['books: films cannot receive its changes', [named('books', 'films'), named('films')]],
  ])('%s', async (message, more) => {
    for (const stage of [testStage, { ...testStage, mailFrom: '' }])
      await expect(stackOf(more, stage)).rejects.toThrow(message)
  })

  test.each<[string, Resource, string[]]>([
    [
      'functions/books.ts is missing: it serves the resource books, by `export const handler = crud(…)`',
      named('books'),
      [],
    ],
    [
      'functions/audit.ts is missing: it receives the changes of books, by `export const handler = onChange(…)`',
      named('books', 'audit'),
      ['books'],
    ],
  ])('%s', async (message, made, files) => {
    await expect(stackOf([made], testStage, files)).rejects.toThrow(message)
  })
})

/** Bundles functions that have no files, from their sources by their names. */
async function bundlesOf(sources: Readonly<Record<string, string>>) {
  const virtual: Plugin = {
    name: 'virtual',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^functions\/[\w-]+\.ts$/ }, ({ path, kind }) =>
        kind === 'entry-point'
          ? { path: path.replace(/^functions\/|\.ts$/g, ''), namespace: 'virtual' }
          : undefined,
      )
      onLoad({ filter: /./, namespace: 'virtual' }, ({ path }) => ({
        contents: sources[path] ?? '',
        loader: 'js',
        resolveDir: root,
      }))
    },
  }
  const { assets } = await bundled(Object.keys(sources), [virtual])
  return (name: string) => textOf(assets, name)
}

function textOf(assets: Awaited<ReturnType<typeof bundled>>['assets'], name: string): string {
  const { contents } = assets.find(({ path }) => path.endsWith(`/${name}/index.mjs`)) ?? {}
  return Buffer.from(contents ?? '').toString()
}

describe('a Lambda with a client of AWS', () => {
  test('of another service is bundled with all that the client needs', async () => {
    const client = join(scratch, 'node_modules', '@aws-sdk', 'client-other', 'index.js')
    mkdirSync(dirname(client), { recursive: true })
    const signer = join(root, 'node_modules', '@smithy', 'signature-v4', 'dist-es', 'index.js')
    writeFileSync(client, `export { SignatureV4 } from ${JSON.stringify(signer)}`)
    const text = await bundlesOf({
      other: `import { SignatureV4 } from ${JSON.stringify(client)}; export const handler = SignatureV4`,
    })
    expect(text('other').includes('not in the bundle')).toBe(false)
    expect(text('other')).toContain('AWS4-HMAC-SHA256')
  })

  test.each([
    ['client-dynamodb', 'DynamoDBClient', 'ListTablesCommand'],
    ['client-sesv2', 'SESv2Client', 'GetAccountCommand'],
    ['client-secrets-manager', 'SecretsManagerClient', 'ListSecretsCommand'],
  ])(
    'that the store uses too, %s, reaches AWS beside the store',
    async (module, client, command) => {
      const text = await bundlesOf({
        beside: `import { ${client}, ${command} } from '@aws-sdk/${module}'
        import { client as store } from './functions/store/client.ts'
        export const handler = () => new ${client}({}).send(new ${command}({}))
        export const used = store`,
      })
      expect(text('beside').includes('not in the bundle')).toBe(false)
      const file = join(scratch, `${module}.mjs`)
      writeFileSync(file, text('beside'))
      const endpoint = await startEndpoint({
        ...{ log: () => {}, callers: new Map(), calls: recordedCalls(), intercept: undefined },
      })
      const settings = {
        ...{ AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: 'eu-central-1' },
        ...{ AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'secret' },
      }
      for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
      const { handler } = await import(pathToFileURL(file).href)
      // The endpoint reads from the signature that it does not know the caller.
      await expect(handler()).rejects.toThrow(
        'The security token included in the request is invalid',
      )
      vi.unstubAllEnvs()
      await endpoint.stop()
    },
  )

  test('is bundled without what the store never needs where only the store has it', async () => {
    const names = ['login', 'mailer']
    const { assets } = await bundled(names)
    for (const name of names)
      expect(textOf(assets, name).includes('not in the bundle'), name).toBe(true)
  })
})
