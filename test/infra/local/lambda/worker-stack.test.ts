import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { scratch } from '../fixture.ts'

test('a stack names the places in the sources, not in the bundle', async () => {
  const source = join(scratch, 'sources', 'books.ts')
  mkdirSync(join(scratch, 'sources'))
  writeFileSync(
    source,
    ['', 'export function shelve(): string {', "  return new Error('full').stack ?? ''", '}'].join(
      '\n',
    ),
  )
  const home = join(scratch, 'dist', 'books')
  const { outputFiles } = await build({
    entryPoints: [source],
    outdir: home,
    outExtension: { '.js': '.mjs' },
    ...({
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      sourcemap: 'external',
    } as const),
  })
  mkdirSync(home, { recursive: true })
  for (const { path, contents } of outputFiles) {
    writeFileSync(path.endsWith('.map') ? `${home}.map` : path, contents)
  }
  const bundle = join(home, 'books.mjs')
  // In a process of its own: the tests' modules are transformed before they are run.
  const installer = join(import.meta.dirname, '../../../../infra/local/lambda/worker-stack.ts')
  const program = `
    import { installSourceMap } from ${JSON.stringify(pathToFileURL(installer).href)}
    installSourceMap(${JSON.stringify(bundle)}, ${JSON.stringify(`${home}.map`)})
    const { shelve } = await import(${JSON.stringify(pathToFileURL(bundle).href)})
    console.log(shelve())
    try {
      JSON.parse('TRUE')
    } catch (error) {
      console.log(error.stack)
    }`
  const parameters = ['--input-type=module', '--eval', program]
  const stack = execFileSync(process.execPath, parameters, { encoding: 'utf8' })
  const [message, first, second] = stack.split('\n')
  expect(message).toBe('Error: full')
  expect(first).toMatch(/^ {4}at .*sources\/books\.ts:3:10$/)
  expect(second).toContain('[eval1]')
  // A frame of V8's own has no file.
  expect(stack).toMatch(/^ {4}at JSON\.parse/m)
})
