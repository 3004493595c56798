import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/** `.describe('…')` of a schema. What a template has in braces is a name, so that nothing is run. */
const describe =
  /\.describe\(\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.|\$\{[\w.]+\})*`),?\s*\)/g

/**
 * Leaves out what schemas say for the documentation, which is made when the functions are bundled:
 * a schema is copied with each text, at every cold start. Blanks stand in the place of the texts, so
 * that source maps hold.
 */
export const undescribed: Plugin = {
  name: 'undescribed',
  setup({ onLoad }) {
    onLoad({ filter: /\/functions\/.*\.ts$/ }, async ({ path }) => ({
      contents: withoutTexts(await readFile(path, 'utf8')),
      loader: 'ts',
    }))
  },
}

export function withoutTexts(source: string): string {
  return source.replace(describe, (found) => found.replace(/[^\n]/g, ' '))
}
