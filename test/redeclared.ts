import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { inject } from 'vitest'
import { bundleOptions } from '../infra/bundle.ts'
import type { Runner } from '../infra/local/runner.ts'
import { scratch } from './assembly.ts'
import { declareForEsbuild } from './fixtures/declare.ts'

let made = 0

/**
 * Bundles functions with another declaration of a fixture, as a deployment of changed code would
 * bring them. The template stays as it is.
 * @param change of the declaration's source
 * @returns where the bundle of each function lies
 */
export async function redeclared(
  fixture: string,
  change: (source: string) => string,
  functions: readonly string[],
): Promise<Readonly<Record<string, string>>> {
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
  return Object.fromEntries(functions.map((name) => [name, join(outdir, name)]))
}

/** Lets these bundles serve in place of those built for the tests; without any, those again. */
export async function deploy(
  runner: Runner,
  bundles?: Readonly<Record<string, string>>,
): Promise<void> {
  await runner.reload(inject('assembly'), bundles)
}
