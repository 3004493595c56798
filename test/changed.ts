import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Plugin } from 'vite'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { allMutations } from './mutation/all.ts'
import { secondsOf } from './progress.ts'

const root = join(import.meta.dirname, '..')

/**
 * Tests over HTTP run bundles, which they do not import: `npm test -- --changed` would not know that
 * they depend on the functions. These imports, which nothing ever carries out, tell it so.
 */
export const bundledFunctions: Plugin = {
  name: 'bundled-functions',
  transform(source, id) {
    if (id !== join(root, 'test/api/harness.ts')) return undefined
    const lambdas = readdirSync(join(root, 'functions'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `() => import('${join(root, 'functions', file)}')`)
    const stack = `() => import('${join(root, 'infra/api-stack.ts')}')`
    return `${source}\nexport const bundled = [${[...lambdas, stack].join(',')}]`
  },
}

/**
 * Orders the tests that a change concerns: first those that are known to notice holes in the
 * changed files, then the short ones. A class, as vitest asks for one.
 */
export class NoticingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { changed, related = [] } = this.ctx.config
    if (!changed) return super.sort(files)
    const names = related.map((file) => relative(root, file))
    const noticing = new Set(
      allMutations.filter(({ file }) => names.includes(file)).flatMap(({ tests }) => tests),
    )
    const rank = ({ moduleId }: TestSpecification) => {
      const name = relative(root, moduleId)
      return secondsOf(name) + (noticing.has(name) ? 0 : 1000)
    }
    return files.toSorted((one, other) => rank(one) - rank(other))
  }
}
