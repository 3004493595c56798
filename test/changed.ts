import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Plugin } from 'vite'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { allMutations } from './mutation/all.ts'
import { secondsOf } from './progress.ts'

const root = join(import.meta.dirname, '..')

/** What is run, or read, without being imported: by whom, known by a text in its source. */
const hidden = [
  { folder: 'test', text: "inject('", files: 'functions/*.ts' },
  { folder: 'test', text: "inject('", files: 'infra/api-stack.ts' },
  { folder: 'infra/client', text: 'import.meta.dirname', files: 'infra/client/runtime/*.ts' },
  { folder: 'infra/local/lambda', text: 'new Worker(', files: 'infra/local/lambda/worker.ts' },
]

/**
 * Tells `npm test -- --changed` of what tests depend on without importing it, such as the functions,
 * which are bundled. It adds imports that nothing ever carries out.
 */
export const hiddenImports: Plugin = {
  name: 'hidden-imports',
  enforce: 'pre',
  transform(source, id) {
    const files = hidden
      .filter(({ folder, text }) => id.startsWith(join(root, folder)) && source.includes(text))
      .flatMap((one) => globSync(one.files, { cwd: root }))
    if (files.length === 0) return undefined
    const imports = files.map((file) => `() => import('${join(root, file)}')`)
    return `${source}\nexport const hiddenImports = [${imports.join(',')}]`
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
