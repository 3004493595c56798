import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** A file that the page loads. */
export interface DocsFile {
  readonly name: string
  readonly mediaType: string
  readonly content: Buffer
  /** Its name in URLs, another one whenever the content is, so that it can be cached for ever. */
  readonly hashedName: string
}

const { resolve } = createRequire(import.meta.url)

/** What the page loads; read when the functions are bundled, never by them. */
export function docsFiles(): DocsFile[] {
  return [
    file('swagger-ui.css', 'text/css', resolve('swagger-ui-dist/swagger-ui.css')),
    file('swagger-ui.js', 'text/javascript', resolve('swagger-ui-dist/swagger-ui-bundle.js')),
    file('page.css', 'text/css'),
    file('page.js', 'text/javascript'),
    file('icon.svg', 'image/svg+xml'),
    file(
      'licenses.txt',
      'text/plain',
      resolve('swagger-ui-dist/NOTICE'),
      resolve('swagger-ui-dist/LICENSE'),
      resolve('swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt'),
    ),
  ]
}

/** Made of the files at the paths; without any, of the one beside this. */
function file(name: string, type: string, ...paths: string[]): DocsFile {
  const parts = paths.length > 0 ? paths : [join(import.meta.dirname, name)]
  const content = Buffer.concat(parts.map((path) => readFileSync(path)))
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12)
  const hashedName = name.replace(/(\.\w+)$/, `-${hash}$1`)
  return { name, mediaType: `${type}; charset=utf-8`, content, hashedName }
}
