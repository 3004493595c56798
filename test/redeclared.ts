import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { inject } from 'vitest'
import { bundleOptions } from '../infra/bundle.ts'
import { edited, scratch } from './assembly.ts'
import { declareForEsbuild } from './fixtures/declare.ts'

let made = 0

/**
 * Bundles functions with another declaration of a fixture, as a deployment of changed code would
 * bring them. The template stays as it is.
 * @param change of the declaration's source
 * @returns the tests' assembly with these bundles in place of its own
 */
export async function redeclared(
  fixture: string,
  change: (source: string) => string,
  functions: readonly string[],
): Promise<string> {
  const outdir = join(scratch, `redeclared-${made++}`)
  const plugin = {
    name: 'redeclared',
    setup({ onLoad }: Parameters<typeof declareForEsbuild.setup>[0]) {
      const filter = new RegExp(`fixtures/resources/${fixture}\\.ts$`)
      onLoad({ filter }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        const contents = change(source)
        if (contents === source) throw new Error(`The declaration of ${fixture} has not changed`)
        return { contents, loader: 'ts' }
      })
    },
  }
  await build({ ...bundleOptions(functions, [plugin, declareForEsbuild]), outdir })
  return edited(inject('assembly'), ({ bundle }) => {
    for (const name of functions) copyFileSync(join(outdir, name, 'index.mjs'), bundle(name))
  })
}
