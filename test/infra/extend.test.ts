import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Plugin } from 'esbuild'
import { expect, test } from 'vitest'
import { apiStack } from '../../infra/api-stack.ts'
import { bundled, root } from '../../infra/bundle.ts'
import type { Parts } from '../../infra/extend.ts'
import { readAssembly } from '../../infra/local/assembly.ts'
import { readTemplate } from '../../infra/local/template.ts'
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

test('a Lambda with a client of another service is bundled with all that the client needs', async () => {
  const client = join(scratch, 'node_modules', '@aws-sdk', 'client-other', 'index.js')
  mkdirSync(dirname(client), { recursive: true })
  const signer = join(root, 'node_modules', '@smithy', 'signature-v4', 'dist-es', 'index.js')
  writeFileSync(client, `export { SignatureV4 } from ${JSON.stringify(signer)}`)
  const sources: Readonly<Record<string, string>> = {
    other: `import { SignatureV4 } from ${JSON.stringify(client)}; export const handler = SignatureV4`,
    own: `import { SignatureV4 } from ${JSON.stringify(signer)}; export const handler = SignatureV4`,
  }
  const virtual: Plugin = {
    name: 'virtual',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^functions\/(other|own)\.ts$/ }, ({ path }) => ({
        path: path.replace(/^functions\/|\.ts$/g, ''),
        namespace: 'virtual',
      }))
      onLoad({ filter: /./, namespace: 'virtual' }, ({ path }) => ({
        contents: sources[path] ?? '',
        loader: 'js',
        resolveDir: root,
      }))
    },
  }
  const { assets } = await bundled(Object.keys(sources), [virtual])
  const text = (name: string) =>
    Buffer.from(
      assets.find(({ path }) => path.endsWith(`${name}/index.mjs`))?.contents ?? '',
    ).toString()
  expect(text('own')).toContain('not in the bundle')
  expect(text('other')).not.toContain('not in the bundle')
  expect(text('other')).toContain('AWS4-HMAC-SHA256')
})
