import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/** `.describe('…')` of a schema; braces in a template hold names alone, so no call is lost. */
const describe =
  /\.describe\(\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.|\$\{[\w.]+\})*`),?\s*\)/g

/**
 * Leaves out what schemas say for the documentation, which is made when the functions are bundled:
 * a schema is copied with each text, at every cold start. Blanks take the place of the texts, so
 * source maps hold.
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
